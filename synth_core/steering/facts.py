"""How what was asked of the rows was honoured: kept with every run, and said in words wherever the run is shown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SteeringFacts(BaseModel):
    """How what was asked of the rows was honoured.

    Attributes
    ----------
    way
        "prescribed": values were given to the engine; "drawn": rows were drawn and kept where they fit; "given": rows
        with given cells were completed; "matched": completed by like rows.
    columns
        Prescribed columns.
    support, of
        Real rows that keep the conditions, of how many.
    effective_rows
        Rows without repeats that are worth as much (Kish's effective sample size); below ``rows`` where rows that fit
        were too few and stand in the release more than once.
    choices
        Drawn rows that each given row had to choose from on average ("matched" alone).
    asked, reached
        Shares per steered column and category: of those asked for, and of the release.
    notes
        Sentences for whoever reads the result.
    """

    model_config = ConfigDict(frozen=True)

    way: str
    columns: list[str] = []
    support: int
    of: int
    effective_rows: float
    choices: float = 0.0
    asked: dict[str, dict[str, float]] = {}
    reached: dict[str, dict[str, float]] = {}
    notes: list[str] = []

    def sentences(self, rows: int) -> list[str]:
        """Return in words how a release of ``rows`` rows was steered, its effective sample size and every note."""
        how = {
            "prescribed": f"Values of {' and '.join(map(repr, self.columns))} were prescribed to the engine",
            "drawn": "Rows were drawn and kept where they fit",
            "given": "Each given row was completed by the engine",
            "matched": f"Each given row was completed by one of about {self.choices:,.0f} drawn rows that are like it",
        }[self.way]
        behind = f"; {self.support:,} of {self.of:,} real rows keep the conditions" if self.support < self.of else ""
        told = [f"{how}{behind}. Effective sample size: {self.effective_rows:,.0f} of {rows:,} rows."]
        for name, asked in self.asked.items():
            reached = self.reached.get(name, {})
            shares = ", ".join(f"{level} {100 * reached.get(level, 0.0):.1f} %" for level in asked)
            told.append(f"Reached in '{name}': {shares}.")
        return [*told, *self.notes]
