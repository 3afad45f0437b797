import streamlit as st

st.title("constraints")
