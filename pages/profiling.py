import streamlit as st

st.title("profiling")
