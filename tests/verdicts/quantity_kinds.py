"""Kinds of reference that are a number with a unit."""

import re
from fractions import Fraction
from random import Random

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Said,
    cut,
    decimal,
    is_decimal,
    neighbour,
    number,
    opposite,
    places,
    reversed_number,
    said,
    ten_times,
)

# -- quantities ------------------------------------------------------------------------------------------

#: Of each unit: its dimension, its size, and how it is written.
UNITS: dict[str, tuple[str, Fraction, list[str]]] = {
    "mm": ("length", Fraction(1), [r"{} \text{ mm}", "{} mm", "{} millimeters"]),
    "cm": ("length", Fraction(10), [r"{} \text{ cm}", "{} cm", r"{}\,\mathrm{cm}", "{} centimeters"]),
    "m": ("length", Fraction(1000), [r"{} \text{ m}", r"{} \text{ meters}", "{} meters"]),
    "km": ("length", Fraction(10**6), [r"{} \text{ km}", "{} km", "{} kilometers"]),
    "inch": ("length", Fraction(254, 10), [r"{} \text{ inches}", r"{} \mbox{ inches}", "{} in"]),
    "ft": ("length", Fraction(3048, 10), [r"{} \text{ feet}", "{} feet", "{} ft"]),
    "mile": ("length", Fraction(1609344), [r"{} \text{ miles}", "{} miles"]),
    "cm^2": ("area", Fraction(100), [r"{} \text{ cm}^2", r"{}\mbox{ cm}^2", "{} square centimeters"]),
    "m^2": ("area", Fraction(10**6), [r"{} \text{ m}^2", "{} square meters"]),
    "inch^2": ("area", Fraction(254, 10) ** 2, [r"{} \text{ inches}^2", "{} square inches"]),
    "cm^3": ("volume", Fraction(1000), [r"{} \text{ cm}^3", "{} cubic centimeters"]),
    "L": ("volume", Fraction(10**6), [r"{} \text{ liters}", "{} liters"]),
    "g": ("mass", Fraction(1), [r"{} \text{ g}", "{} grams"]),
    "kg": ("mass", Fraction(1000), [r"{} \text{ kg}", "{} kg", "{} kilograms"]),
    "s": ("time", Fraction(1), [r"{} \text{ seconds}", "{} seconds", r"{} \text{ s}"]),
    "min": ("time", Fraction(60), [r"{} \text{ minutes}", "{} minutes", "{} min"]),
    "hour": ("time", Fraction(3600), [r"{} \text{ hours}", "{} hours"]),
    "m/s": ("speed", Fraction(1), [r"{} \text{ m/s}", "{} m/s", "{} meters per second"]),
    "km/h": ("speed", Fraction(5, 18), [r"{} \text{ km/h}", "{} km/h", "{} kilometers per hour"]),
    "mph": ("speed", Fraction(44704, 100000), [r"{} \text{ mph}", r"{} \text{ miles per hour}", "{} mph"]),
    "m/s^2": ("acceleration", Fraction(1), [r"{} \text{ m/s}^2", r"{} \text{ m/s^2}"]),
    "N": ("force", Fraction(1), [r"{}\text{ N}", r"{} \text{ newtons}"]),
    "J": ("energy", Fraction(1), [r"{} \text{ J}", "{} joules"]),
    "K": ("kelvin", Fraction(1), [r"{} \text{ K}"]),
    "C": ("celsius", Fraction(1), [r"{}^\circ \text{C}", r"{} ^\circ\text{C}", "{} °C"]),
    "F": ("fahrenheit", Fraction(1), [r"{}^\circ \text{F}", "{} °F"]),
    "deg": ("angle", Fraction(1), [r"{}^\circ", r"{}^{\circ}", "{} degrees", r"{} \text{ degrees}", "{}°"]),
}  # fmt: skip
MONEY: dict[str, tuple[str, Fraction, list[str]]] = {
    "dollar": ("dollar", Fraction(1), [r"\${}", r"{} \text{ dollars}", "{} dollars", "{} USD"]),
    "cent": ("dollar", Fraction(1, 100), [r"{} \text{ cents}", "{} cents", "{} ¢"]),
    "euro": ("euro", Fraction(1), [r"{} \text{ euros}", "{} euros", "€{}"]),
    "pound": ("pound", Fraction(1), ["£{}", "{} GBP", "{} GBP"]),
    "rupee": ("rupee", Fraction(1), ["₹{}", r"{} \text{ rupees}", "{} rupees"]),
}

_Quantity = tuple[Fraction, str]


def _pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(template).replace(r"\ ", r"\s*")
    return re.compile(escaped.replace(r"\{\}", r"(-?[\d,!\\]*\.?\d+)", 1))


def _quantities(name: str, table: dict[str, tuple[str, Fraction, list[str]]], more: list[str]) -> Kind:
    patterns = [(_pattern(template), unit) for unit in table for template in table[unit][2]]

    def draw(pick: Random) -> _Quantity:
        value = Fraction(pick.randint(2, 2000), pick.choice([1, 1, 1, 2, 10]))
        if table is MONEY:
            value = Fraction(pick.randint(2, 3000)) + pick.choice([0, 0, Fraction(pick.randint(1, 99), 100)])
        return value, pick.choice(list(table))

    def read(text: str) -> _Quantity | None:
        for pattern, unit in patterns:
            if found := pattern.fullmatch(text.replace("$", "" if not text.startswith("\\$") else "$")):
                return Fraction(re.sub(r"[^\d.-]", "", found[1])), unit
        return None

    def converted(quantity: _Quantity) -> list[str]:
        value, unit = quantity
        dimension, size, _ = table[unit]
        others = [
            (other, value * size / factor) for other, (same, factor, _) in table.items() if same == dimension
        ]
        return [
            table[other][2][0].replace("{}", decimal(new), 1)
            for other, new in others
            if is_decimal(new) and places(new) < 5
        ]

    def write(quantity: _Quantity) -> list[str]:
        value, unit = quantity
        amount = decimal(value, 1) if table is MONEY and places(value) == 1 else decimal(value)
        own = [template.replace("{}", amount, 1) for template in table[unit][2]]
        return [own[0], own[1 % len(own)], *own, *converted(quantity)]

    def means(quantity: _Quantity) -> set[Meaning]:
        """A unit may be missing."""
        value, unit = quantity
        return {("quantity", table[unit][0], value * table[unit][1]), number(value)}

    def other_unit(quantity: _Quantity, pick: Random) -> Said:
        unit = pick.choice(list(table))
        (template, *_), value = table[unit][2], quantity[0]
        # Without the number alone, which the reference may mean.
        return said(
            template.replace("{}", decimal(value), 1), ("quantity", table[unit][0], value * table[unit][1])
        )

    def other_dimension(quantity: _Quantity, pick: Random) -> Said:
        """The unit squared or cubed, or one of another field."""
        text = pick.choice(more).format(decimal(quantity[0]))
        return said(text, ("quantity", text.partition(" ")[2], quantity[0]))

    def value_changed(change):  # type: ignore[no-untyped-def]
        def mutate(quantity: _Quantity, pick: Random) -> _Quantity | None:
            new = change(quantity[0], pick)
            return None if new is None else (new, quantity[1])

        return mutate

    return Kind(name, draw, read, write, means, {
        "unit": other_unit, "base": value_changed(ten_times), "exponent": other_dimension,
        "sign": value_changed(opposite), "order": value_changed(reversed_number), "part": value_changed(cut),
        "neighbour": value_changed(neighbour),
    })  # fmt: skip


QUANTITY = _quantities(
    "quantity",
    UNITS,
    [
        r"{} \text{{ cm}}^5",
        r"{} \text{{ m}}^4",
        r"{} \text{{ dollars}}",
        r"{} \text{{ mol}}",
        "{} bytes",
        r"{} \text{{ s}}^2",
    ],
)
CURRENCY = _quantities(
    "currency",
    MONEY,
    [r"{} \text{{ km}}", "{} hours", r"{} \text{{ dollars}}^2", r"{}\%", r"{}^\circ", "{} thousand dollars"],
)


KINDS = [QUANTITY, CURRENCY]
