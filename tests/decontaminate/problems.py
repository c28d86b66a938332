"""Problems of a benchmark, each with a paraphrase by hand: what leaks are planted from."""

from typing import NamedTuple


class Problem(NamedTuple):
    question: str
    paraphrase: str
    choices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return with_choices(self.question, self.choices)


def with_choices(question: str, choices: tuple[str, ...]) -> str:
    return "\n".join([question, *(f"{letter}) {one}" for letter, one in zip("ABCD", choices, strict=False))])


PROBLEMS = [
    Problem(
        r"Let $a$ and $b$ be positive integers with $\frac{1}{a} + \frac{1}{b} = \frac{2}{9}$. Find "
        r"the sum of all possible values of the product $a \cdot b$ over all such pairs $(a, b)$.",
        "Two whole numbers above zero have reciprocals that add up to 2/9. Multiply the two numbers "
        "of every pair that works, and say what these results add up to.",
    ),
    Problem(
        r"A rectangular garden has a length that is $\frac{3}{2}$ times its width. If a path of width "
        r"$2$ metres around the outside of the garden has an area of $136$ square metres, what is the "
        r"perimeter of the garden?",
        "Around a garden in the shape of a rectangle runs a path, 2 m wide and 136 square metres "
        "large. One side of the garden is half as long again as the other. How far is it to walk "
        "along the edge of the garden once?",
    ),
    Problem(
        r"How many ordered triples $(x, y, z)$ of nonnegative integers satisfy $x + y + z = 24$ such "
        r"that no two of the three numbers are equal to each other and $z$ is even?",
        "Count the ways to write 24 as three different summands in order, zero being allowed, the "
        "last of which can be divided by 2.",
    ),
    Problem(
        r"The sequence $a_1, a_2, a_3, \ldots$ is defined by $a_1 = 7$ and $a_{n+1} = a_n^2 - 5a_n + "
        r"9$ for all $n \geq 1$. Find the remainder when $a_{2024}$ is divided by $1{,}000$.",
        "Begin with 7, and go from each term t to the term t squared less five times t plus nine. "
        "What are the last three digits of the term at place 2024?",
    ),
    Problem(
        r"In triangle $ABC$, the angle bisector from $A$ meets side $BC$ at the point $D$. Given that "
        r"$AB = 13$, $AC = 15$ and $BC = 14$, compute the length of the segment $AD$ squared.",
        "A triangle has the sides 13, 14 and 15. Draw the line that halves the angle opposite to the "
        "side of middle length, up to that side. What is the square of how long it is?",
    ),
    Problem(
        r"A bag contains $5$ red marbles, $7$ blue marbles and $8$ green marbles. Three marbles are "
        r"drawn at random without replacement. What is the probability that all three marbles have "
        r"different colours?",
        "There are 20 balls in an urn: 5 of them red, 7 blue, the others green. Someone takes out 3 "
        "balls blindly. How likely is it that she holds one of each colour?",
    ),
    Problem(
        r"Find the number of positive divisors of $12^{10}$ that are perfect squares but are not "
        r"divisible by any number of the form $6^k$ with $k > 4$.",
        "Of the numbers that go into 12 to the power of ten, how many are squares in which six is "
        "contained no more than four times as a factor?",
    ),
    Problem(
        r"The function $f$ satisfies $f(x) + 2f\left(\frac{1}{x}\right) = 3x$ for every nonzero real "
        r"number $x$. Determine all real numbers $x$ for which $f(x) = f(-x)$ holds.",
        "For reals other than zero, adding to the value at a point twice the value at its reciprocal "
        "gives three times the point. Where does this map take the same value at a point and at its "
        "mirror image?",
    ),
    Problem(
        r"A train leaves the station at $8{:}15$ and travels at a constant speed of $96$ kilometres "
        r"per hour. A second train leaves the same station at $8{:}45$ on a parallel track at $128$ "
        r"kilometres per hour. At what time does the second train overtake the first?",
        "Half an hour after a first train, which does 96 km every hour and set off at a quarter past "
        "eight, another one follows it with 128 km/h. When are both at the same place?",
    ),
    Problem(
        r"Let $S$ be the set of all integers $n$ with $1 \leq n \leq 500$ such that $n^2 + n + 41$ is "
        r"divisible by $43$. What is the sum of the elements of $S$?",
        "Add up the whole numbers up to 500 for which the square, the number itself and 41 together "
        "are a multiple of 43.",
    ),
    Problem(
        r"Which of the following substances is expected to have the highest boiling point at a "
        r"pressure of $1$ atmosphere, when only the forces between molecules are taken into account?",
        "Neglecting everything but intermolecular attraction, which liquid of this list boils last "
        "under normal pressure?",
        (
            "Methane, a small nonpolar molecule",
            "Ethanol, which forms hydrogen bonds",
            "Diethyl ether",
            "Propane",
        ),
    ),
    Problem(
        r"An electron moves at right angles to a uniform magnetic field of $0.25$ tesla with a speed "
        r"of $3 \times 10^6$ metres per second. Which statement about its path and its kinetic energy "
        r"is correct?",
        "What happens to a negative elementary charge, and to its energy of motion, when it enters a "
        "homogeneous B field of a quarter tesla sideways at one percent of the speed of light?",
        (
            "The path is a circle and its kinetic energy stays constant",
            "The path is a circle and its kinetic energy grows steadily",
            "The path is a straight line and the energy stays constant",
            "The path is a parabola, as in an electric field",
        ),
    ),
    Problem(
        r"A population of $1{,}200$ beetles is in Hardy-Weinberg equilibrium, and $192$ of the beetles"
        r" show the recessive phenotype. How many beetles are expected to be heterozygous?",
        "Assume random mating among twelve hundred insects. If 192 of them carry two copies of the "
        "hidden variant, what number should carry exactly one copy?",
        (
            "About 576 beetles",
            "About 384 beetles",
            "About 1,008 beetles",
            "About 432 beetles",
        ),
    ),
    Problem(
        r"A solution is made by dissolving $5.85$ grams of sodium chloride in enough water to make "
        r"$250$ millilitres of solution. Which of these is the molarity of the chloride ions?",
        "Table salt weighing 5.85 g is brought to a quarter of a litre with water. What concentration"
        " do the anions have?",
        (
            "$0.10$ mol per litre",
            "$0.40$ mol per litre",
            "$0.20$ mol per litre",
            "$4.0$ mol per litre",
        ),
    ),
    Problem(
        r"Maria reads $\frac{2}{5}$ of a book on Monday and $\frac{1}{3}$ of the remaining pages on "
        r"Tuesday. On Wednesday she reads the last $96$ pages of the book. How many pages does the "
        r"book have altogether?",
        "After two fifths of her novel on the first day and a third of what was left on the second, a"
        " girl has 96 pages to go. How thick is the novel?",
    ),
    Problem(
        r"The complex numbers $z$ and $w$ satisfy $|z| = 4$, $|w| = 3$ and $|z + w| = \sqrt{13}$. "
        r"Compute the value of $|z - w|^2 + 2\operatorname{Re}(z \overline{w})$.",
        "Two points of the plane are 4 and 3 away from the origin, and their sum root 13. What is the"
        " squared distance between them plus twice their scalar product?",
    ),
    Problem(
        r"A fair six-sided die is rolled until the sum of all rolls is a multiple of $3$. What is the "
        r"expected number of rolls, given that the first roll shows an even number?",
        "Keep throwing a cube with the numbers one to six until the total can be split into threes. "
        "How long does that take on average if you begin with 2, 4 or 6?",
    ),
    Problem(
        r"Evaluate the integral $\int_0^{\pi} x \sin^2 x \, dx$ and write your answer in the form "
        r"$\frac{\pi^m}{n}$, where $m$ and $n$ are positive integers. What is $m + n$?",
        "The area under x times the square of the sine between zero and pi is a power of pi over a "
        "whole number. Add the exponent to the denominator.",
    ),
]
