"""Start the studio: ``streamlit run app.py``.

The frame lives in ``pages/shell.py``. A ``pages/`` folder beside a script that calls ``st.navigation`` would let the
first deep link after a start run a page file alone, without the frame; ``st.App`` does not.
"""

from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).parent / "pages" / "shell.py")
