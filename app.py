"""Start the studio: ``streamlit run app.py``.

The frame lives in ``pages/shell.py``. A ``pages/`` folder beside a script that calls ``st.navigation`` would let the
first deep link after a start run a page file alone, without the frame; ``st.App`` does not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from pages.ui import front_door, timers
from pages.ui.headers import Headers
from synth_core import deletion, jobs, quiet
from synth_core.testdata import orders

quiet.install()
timers.install()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Say who may come in, and sweep up what a killed server left; when this one closes, end the runs it started."""
    front_door.tell()
    deletion.tidy()
    yield {}
    jobs.cancel_all()
    orders.cancel_all()


app = st.App(
    Path(__file__).parent / "pages" / "shell.py",
    lifespan=lifespan,
    middleware=[Middleware(Headers), Middleware(front_door.FrontDoor)],
)
