"""What is made anew: shape kept, nothing copied, unique where the real values are, the same in any chunks."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import InputError
from synth_core.identifiers import learn_texts, learn_whole_numbers, mix, permute, skip, uuids
from synth_core.personal import words
from synth_core.regenerate import Regenerator
from synth_core.table import Column, Kind, Role, Table

ROWS = 400


def numbers(count: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.uint64)


def one(values, *, kind=Kind.IDENTIFIER, semantic=None, role=Role.FEATURE, name="id", **more) -> Table:
    column = Column(name=name, kind=kind, semantic=semantic, role=role, **more)
    return Table(pd.DataFrame({name: values}), (column,))


def made(table: Table, rows: int = 5000, seed: int = 1) -> pd.Series:
    return fill(table, rows, seed).iloc[:, 0]


def fill(table: Table, rows: int = 5000, seed: int = 1) -> pd.DataFrame:
    empty = pd.DataFrame(index=range(rows))
    return Regenerator.fit(table, 0).fill(empty, first_row=0, seed=seed)


def codes(count: int = ROWS, seed: int = 0) -> list[str]:
    drawn = np.random.default_rng(seed).choice(10**6, count, replace=False)
    return [f"PAT-{number:06d}" for number in drawn]


def luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()][::-1]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def mod97(text: str) -> int:
    text = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 4097])
def test_a_permutation_sends_every_number_to_another_one(size):
    assert sorted(permute(numbers(size), size, key=5).tolist()) == list(range(size))


def test_permutations_of_other_keys_differ():
    assert (permute(numbers(1000), 1000, 1) != permute(numbers(1000), 1000, 2)).mean() > 0.9


def test_mixing_never_gives_two_numbers_the_same_word():
    assert len(np.unique(mix(numbers(10_000), 3))) == 10_000


def test_skipping_steps_over_what_is_taken():
    assert skip(numbers(5), np.array([0, 2, 3], dtype=np.uint64)).tolist() == [1, 4, 5, 6, 7]


def test_an_identifier_keeps_its_shape_and_is_never_a_real_one():
    real = codes()
    values = made(one(real))
    assert values.str.fullmatch(r"PAT-[0-9]{6}").all()
    assert values.is_unique
    assert not set(values) & set(real)


def test_identifiers_stay_unique_when_the_shape_is_used_up():
    values = made(one([f"A{n:02d}" for n in range(0, 100, 3)]), rows=3000)
    assert values.is_unique
    assert values.str.fullmatch(r"[A-Z][0-9]{2,}").all()
    assert values.iloc[0] != values.iloc[1]


def test_a_prefix_is_kept_only_when_fifty_rows_share_it():
    assert not made(one(codes(49))).str.startswith("PAT-").any()
    assert made(one(codes(50))).str.startswith("PAT-").all()


def test_a_constant_identifier_is_not_copied():
    assert "SECRET-9" not in set(made(one(["SECRET-9"] * 200)))


def test_the_held_out_rows_of_a_counter_are_not_made():
    everyone = [f"P{n:05d}" for n in range(10_000, 13_000)]
    train = [value for place, value in enumerate(everyone) if place % 5]
    values = made(one(train), rows=20_000)
    assert values.is_unique
    assert not set(values) & set(everyone)


def test_a_counter_goes_on_counting_above_the_real_ones():
    values = made(one([str(n) for n in range(1, 301)]), rows=3)
    assert values.tolist() == ["400", "401", "402"]


def test_random_whole_numbers_keep_their_digits_and_dtype():
    real = np.random.default_rng(0).choice(9 * 10**7, ROWS, replace=False) + 10**7
    values = made(one(real, kind=Kind.INTEGER, semantic="medical_record", storage="integer"))
    assert values.dtype == np.int64
    assert values.between(10**7, 10**8 - 1).all()
    assert values.is_unique
    assert not set(values) & set(real)


def test_whole_numbers_get_more_digits_only_when_they_must():
    learned = learn_whole_numbers(np.array([12, 97, 55, 31]))
    values = learned.write(numbers(500), 1)
    assert len(set(values.tolist())) == 500
    assert set(np.char.str_len(values.astype(str)).tolist()) == {2, 3}
    assert not {12, 97, 55, 31} & set(values.tolist())


def test_hexadecimal_codes_stay_hexadecimal():
    rng = np.random.default_rng(0)
    real = [rng.bytes(8).hex() for _ in range(ROWS)]
    values = made(one(real))
    assert values.str.fullmatch("[0-9a-f]{16}").all()
    assert values.is_unique


def test_uuids_are_valid_and_unique():
    values = pd.Series(uuids(numbers(20_000), 1))
    assert values.is_unique
    assert values.str.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").all()


def test_mixed_shapes_come_in_their_shares():
    real = codes(300) + [f"{n:04d}/X" for n in np.random.default_rng(1).choice(10_000, 100, replace=False)]
    share = made(one(real)).str.startswith("PAT-").mean()
    assert abs(share - 0.75) < 0.03


def test_the_learned_texts_hold_no_real_letters_beyond_a_shared_prefix():
    learned = learn_texts(["anna", "berta", "carla"] * 3)
    assert {len(letters) for pattern in learned.patterns for letters in pattern.alphabets} == {26}


def test_entities_repeat_as_often_as_the_real_ones():
    rng = np.random.default_rng(0)
    ids = codes(200)
    values = made(one([ids[i] for i in rng.integers(0, 200, 2000)], role=Role.ENTITY), rows=10_000)
    sizes = values.value_counts()
    assert abs(sizes.mean() - 10) < 1
    assert sizes.std() > 2
    assert not set(values) & set(ids)


def test_sorted_entities_come_in_runs():
    values = made(one([f"K{i:05d}" for i in np.repeat(np.arange(7, 70_000, 700), 5)], role=Role.ENTITY), rows=1000)
    assert (values != values.shift()).sum() == values.nunique() == 200


def patients() -> Table:
    rng = np.random.default_rng(0)
    ids, who = codes(100), rng.integers(0, 100, 1000)
    people = [f"Real{chr(97 + i // 26)}{chr(97 + i % 26)} Person" for i in range(100)]
    frame = pd.DataFrame({"patient": [ids[i] for i in who], "name": [people[i] for i in who], "visit": codes(1000, 3)})
    kinds = [
        Column(name="patient", kind=Kind.IDENTIFIER, role=Role.ENTITY),
        Column(name="name", kind=Kind.TEXT, semantic="person_name"),
        Column(name="visit", kind=Kind.IDENTIFIER),
    ]
    return Table(frame, tuple(kinds))


def test_a_name_goes_with_its_patient():
    frame = fill(patients())
    assert (frame.groupby("patient")["name"].nunique() == 1).all()
    assert frame["visit"].is_unique
    assert not frame["name"].str.contains("Real").any()


def test_the_same_rows_come_in_any_chunks():
    regenerator = pickle.loads(pickle.dumps(Regenerator.fit(patients(), 0)))
    whole = regenerator.fill(pd.DataFrame(index=range(1500)), first_row=0, seed=4)
    cuts = [(0, 7), (7, 900), (900, 1500)]
    parts = [regenerator.fill(pd.DataFrame(index=range(b - a)), first_row=a, seed=4) for a, b in cuts]
    pd.testing.assert_frame_equal(whole, pd.concat(parts, ignore_index=True))
    assert not whole.equals(regenerator.fill(pd.DataFrame(index=range(1500)), first_row=0, seed=5))


def test_columns_come_in_the_order_of_the_table_and_learned_ones_are_kept():
    table = patients()
    columns = (table.columns[0], Column(name="age", kind=Kind.INTEGER), *table.columns[1:])
    frame = table.frame.assign(age=1)[["patient", "age", "name", "visit"]]
    out = Regenerator.fit(Table(frame, columns), 0).fill(pd.DataFrame({"age": [4, 5]}), first_row=0, seed=1)
    assert list(out) == ["patient", "age", "name", "visit"]
    assert out["age"].tolist() == [4, 5]


def test_missing_cells_keep_their_share():
    values = made(one([code if i % 4 else None for i, code in enumerate(codes())]), rows=20_000)
    assert abs(values.isna().mean() - 0.25) < 0.01
    assert values.dropna().is_unique
    assert set(map(type, values)) == {str, type(None)}


def test_a_column_that_is_all_missing_stays_so():
    assert made(one([None] * 30), rows=50).isna().all()


def test_dropped_columns_are_not_made():
    assert Regenerator.fit(one(codes(), role=Role.DROP), 0).names == []


def personal_column(semantic: str, values, **more) -> pd.Series:
    return made(one(values, kind=more.pop("kind", Kind.TEXT), semantic=semantic, **more))


def test_unique_full_names_stay_unique():
    values = personal_column("person_name", [f"N{i} Q" for i in range(ROWS)])
    assert values.is_unique
    assert values.str.fullmatch(r"[\w'-]+( [A-Z]\.)? [\w'-]+").all()


def test_names_keep_their_order_and_case():
    values = personal_column("person_name", [f"N{i}, Q" for i in range(ROWS)])
    assert values.str.fullmatch(r"[\w'-]+, [\w'-]+( [A-Z]\.)?").all()
    assert personal_column("last_name", ["SMITH", "JONES"] * 50).str.isupper().all()


def test_repeated_names_stay_a_small_pool():
    assert personal_column("person_name", ["A B", "C D", "E F", "G H"] * 50).nunique() <= 4


def test_an_email_carries_the_name_of_its_row_and_reaches_nobody():
    frame = pd.DataFrame(
        {
            "first": [f"F{i % 90}" for i in range(ROWS)],
            "last": [f"L{i % 70}" for i in range(ROWS)],
            "email": [f"u{i}@corp.com" for i in range(ROWS)],
        }
    )
    semantics = {"first": "first_name", "last": "last_name", "email": "email"}
    columns = tuple(Column(name=n, kind=Kind.TEXT, semantic=s) for n, s in semantics.items())
    out = fill(Table(frame, columns))
    assert out["email"].is_unique
    assert out["email"].str.fullmatch(r"[a-z]+\.[a-z]+\d+@example\.(com|org|net)").all()
    plain = [re.sub("[^a-z]", "", name.lower()) for name in out["first"]]
    assert all(mail.startswith(name + ".") for mail, name in zip(out["email"], plain, strict=True))


def test_example_addresses_in_the_data_are_not_made_again():
    values = personal_column("email", [f"x{i}@example.com" for i in range(ROWS)])
    assert not values.str.contains("@example.com", regex=False).any()


def test_card_numbers_pass_the_luhn_check_in_a_test_range():
    values = personal_column("card_number", [f"5500 0000 {i:04d} 1111" for i in range(ROWS)])
    assert values.str.fullmatch(r"4000 00\d\d \d{4} \d{4}").all()
    assert all(luhn(value) for value in values)
    assert values.is_unique


def test_ibans_have_valid_check_digits_and_keep_their_country():
    values = personal_column("iban", [f"DE44 5001 0517 5407 32{i:04d}"[:27] for i in range(1000, 1400)])
    assert values.str.startswith("DE").all()
    assert all(mod97(value) == 1 for value in values)
    assert values.str.len().nunique() == 1


def test_social_security_numbers_are_never_issued_ones():
    values = personal_column("national_id", [f"{i + 100:03d}-45-6789" for i in range(ROWS)])
    assert values.str.fullmatch(r"9\d\d-[0-4][1-9]-\d{3}[1-9]").all()
    assert values.is_unique


def test_american_phone_numbers_get_the_fictitious_exchange():
    values = personal_column("phone", [f"({i + 200}) 867-{i:04d}" for i in range(ROWS)])
    assert values.str.fullmatch(r"\([2-9]\d\d\) 555-\d{4}").all()
    assert values.is_unique


@pytest.mark.parametrize(("semantic", "form"), [("national_id", "999-1{}-{:03d}1"), ("phone", "(212) 555-{}{:03d}")])
def test_a_real_number_of_a_reserved_range_is_not_made_again(semantic: str, form: str) -> None:
    real = [form.format(1 + i % 3, i) for i in range(ROWS)]
    out = personal_column(semantic, real)
    assert not set(out) & set(real)
    assert out.is_unique


@pytest.mark.parametrize(("semantic", "form"), [("card_number", "5500 0000 {:04d} 1111"), ("device_id", "{:015d}")])
def test_checked_numbers_that_were_made_once_are_not_made_again(semantic: str, form: str) -> None:
    real = list(personal_column(semantic, [form.format(i) for i in range(ROWS)]))[:ROWS]
    out = personal_column(semantic, real)
    assert not set(out) & set(real)
    assert all(luhn(value) for value in out)


def test_addresses_of_machines_are_never_routed():
    four = personal_column("ip_address", [f"93.184.{i // 250}.{i % 250}" for i in range(ROWS)])
    six = personal_column("ip_address", [f"2a00::{i:x}" for i in range(ROWS)])
    assert four.str.startswith("10.").all()
    assert six.str.startswith("2001:db8::").all()
    assert four.is_unique
    assert six.is_unique


def test_postcodes_keep_their_form():
    values = personal_column("postcode", [f"SW{i % 9}A {i % 7}AA" for i in range(ROWS)])
    assert values.str.fullmatch(r"[A-Z]{2}\d[A-Z] \d[A-Z]{2}").all()
    assert values.nunique() < 100


@pytest.mark.parametrize("semantic", ["street_address", "city", "url", "first_name", "last_name"])
def test_words_are_made_for(semantic):
    values = personal_column(semantic, [f"Real {i}" for i in range(ROWS)])
    assert values.str.len().gt(1).all()
    assert values.nunique() > 100
    assert not values.str.contains("Real ", regex=False).any()


def test_birth_dates_keep_their_distribution_and_lose_their_ends():
    days = pd.to_datetime(np.random.default_rng(0).normal(3000, 4000, 2000).astype(int), unit="D").astype(
        "datetime64[ns]"
    )
    values = made(one(days, kind=Kind.DATETIME, semantic="date_of_birth"), rows=20_000)
    assert values.dtype == "datetime64[ns]"
    assert abs((values.mean() - days.mean()).days) < 200
    assert values.min() > days.min()
    assert values.max() < days.max()


def test_birth_dates_held_as_text_keep_their_format():
    values = personal_column(
        "date_of_birth", [f"{i % 28 + 1:02d}/03/19{i % 90 + 10}" for i in range(ROWS)], format="%d/%m/%Y"
    )
    assert values.str.fullmatch(r"\d\d/\d\d/(19|20)\d\d").all()


def test_names_come_from_the_chosen_locale():
    assert "Müller" in set(words("de_DE").last)
    with pytest.raises(InputError, match="locale 'xx_XX'"):
        words("xx_XX")


def test_every_plan_says_how_its_column_is_made():
    sentences = [plan.sentence() for plan in Regenerator.fit(patients(), 0).plans]
    assert sentences[0] == "'patient' (identifier) is never learned: made new in the same form."
    assert sentences[1] == "'name' (person name) is never learned: made from word lists; goes with 'patient'."


def cells(**columns) -> Table:
    kinds = {name: kind for name, (kind, _) in columns.items()}
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    made_columns = tuple(
        Column(name=name, semantic=kind, kind=Kind.NUMBER if kind == "location" else Kind.TEXT)
        for name, kind in kinds.items()
    )
    return Table(frame, made_columns)


def test_names_are_made_in_the_locale_of_the_column():
    german = list(words("de_DE").last[:200])
    assert Regenerator.fit(cells(x=("last_name", german)), 0).locale == "de_DE"
    assert Regenerator.fit(cells(x=("last_name", [f"Q{i}x" for i in range(200)])), 0).locale == "en_US"


def test_accounts_tell_the_locale_where_names_do_not():
    accounts = [f"NL91ABNA{i:010d}" for i in range(200)]
    assert Regenerator.fit(cells(x=("iban", accounts)), 0).locale == "nl_NL"


def test_titles_are_kept_when_five_rows_have_them():
    names = [("Dr. " if i % 4 == 0 else "") + f"N{chr(97 + i % 26)}r Qa" for i in range(ROWS)] + ["Prof. Only One"]
    values = made(cells(x=("person_name", names)))
    assert abs(values.str.startswith("Dr. ").mean() - 0.25) < 0.03
    assert not values.str.startswith("Prof").any()


def test_phone_numbers_keep_their_calling_code_and_leading_zero():
    far = made(cells(x=("phone", [f"+49 151 {i:07d}" for i in range(ROWS)])))
    assert far.str.fullmatch(r"\+49 \d{3} \d{7}").all()
    near = made(cells(x=("phone", [f"0151{i:07d}" for i in range(ROWS)])))
    assert near.str.fullmatch(r"0\d{10}").all()


def test_network_cards_get_addresses_that_no_maker_has():
    values = made(cells(x=("mac_address", [f"a4:5e:60:{i // 100:02d}:{i % 100:02d}:0f" for i in range(ROWS)])))
    assert values.str.fullmatch(r"[0-9a-f][26](:[0-9a-f]{2}){5}").all()


def test_coordinates_are_made_together_where_five_live_and_never_a_real_one():
    rng = np.random.default_rng(0)
    low, high = rng.normal(41, 0.05, ROWS), rng.normal(-96, 0.05, ROWS)
    low[0], high[0] = 70.123456, 20.654321  # one who lives far away
    frame = fill(cells(lat=("location", low), lon=("location", high)))
    assert frame["lat"].between(40.5, 41.5).all()
    assert frame["lon"].between(-96.5, -95.5).all()
    assert not set(frame["lat"]) & set(low)
