# ruff: noqa: E501 - programs have long lines
"""Twenty-four problems as olympiads have them, each with a solution in Python and one in C++, and what spoils it.

The expected outputs are those of the solution in Python; the one in C++ was written apart from it. A mistake is
a text of a solution and what is in its place: ``wrong`` is a wrong idea, ``partial`` one that some of the
tests do not notice. Slow, greedy for memory and crashing programs do their work first, and then fall.
"""

import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from unittest import mock

#: A text and what is in its place.
Change = tuple[str, str]

_HEAD = """\
#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <queue>
#include <string>
#include <vector>
using namespace std;
typedef long long ll;
"""
#: What is put before the last line of a solution: what it does of the whole work, it has done by then.
_SPOILT: dict[str, dict[str, str]] = {
    "python": {
        "slow": "spin = 1\nwhile spin:\n    spin += 1\n",
        "greedy": "hoard = []\nwhile True:\n    hoard.append(b'x' * (1 << 20))\n",
        "crashing": "[][len(sys.argv)]\n",
    },
    "cpp": {
        "slow": "for (volatile unsigned spin = 1; spin; spin = spin | 1) {}\n",
        "greedy": "for (;;) { char* p = new char[1 << 20]; memset(p, 1, 1 << 20); "
                  "asm volatile(\"\" : : \"r\"(p) : \"memory\"); }\n",
        "crashing": "vector<int> nothing; cout << nothing.at(3);\n",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A problem: its inputs, a solution in each language, and what spoils it."""

    name: str
    inputs: Callable[[Random], Sequence[str]]
    python: str
    cpp: str
    wrong: tuple[Change, Change]
    partial: tuple[Change, Change]

    def tests(self) -> list[tuple[str, str]]:
        """The inputs and the expected outputs."""
        return [
            (text, printed_by(self._whole("python", self.python), text))
            for text in self.inputs(Random(self.name))
        ]

    def program(self, language: str, kind: str) -> str:
        """A solution: right, wrong, partial, slow, greedy or crashing."""
        source = self.python if language == "python" else self.cpp
        changes = {"wrong": self.wrong, "partial": self.partial}
        if kind in changes:
            old, new = changes[kind][language == "cpp"]
            assert source.count(old) == 1, f"{self.name}: {old!r} in {language}"
            source = source.replace(old, new)
        elif kind != "right":
            lines = source.strip("\n").split("\n")
            source = "\n".join([*lines[:-1], _SPOILT[language][kind] + lines[-1]])
        return self._whole(language, source)

    def _whole(self, language: str, source: str) -> str:
        if language == "python":
            return f"import sys\ndata = sys.stdin.read().split()\n{source.strip()}\n"
        return f"{_HEAD}int main() {{\n{source.strip()}\n}}\n"


def printed_by(source: str, text: str) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written), mock.patch.object(sys, "stdin", io.StringIO(text)):
        exec(compile(source, "solution.py", "exec"), {"__name__": "__main__"})
    return written.getvalue()


def _lists(
    sizes: Sequence[int], least: int, most: int, *first: Sequence[int]
) -> Callable[[Random], list[str]]:
    """Inputs of n, the numbers of ``first``, and then n numbers."""

    def make(dice: Random) -> list[str]:
        return [
            " ".join(map(str, [size, *(each[number] for each in first)])) + "\n"
            + " ".join(str(dice.randint(least, most)) for _ in range(size)) + "\n"
            for number, size in enumerate(sizes)
        ]  # fmt: skip

    return make


def _given(*texts: str) -> Callable[[Random], list[str]]:
    return lambda dice: list(texts)


def _graphs(*sizes: tuple[int, int]) -> Callable[[Random], list[str]]:
    """Inputs of n and m, and m edges with weights; the first n - 1 join all nodes."""

    def make(dice: Random) -> list[str]:
        found = []
        for nodes, edges in sizes:
            lines = [f"{nodes} {edges}"]
            for number in range(edges):
                one = number + 1 if number < nodes - 1 else dice.randrange(nodes)
                other = dice.randrange(number + 1) if number < nodes - 1 else dice.randrange(nodes)
                lines.append(f"{one} {other} {dice.randint(1, 100)}")
            found.append("\n".join(lines) + "\n")
        return found

    return make


def _grids(*sizes: int) -> Callable[[Random], list[str]]:
    def make(dice: Random) -> list[str]:
        found = []
        for size in sizes:
            rows = ["".join(dice.choices(".#", [3, 1], k=size)) for _ in range(size)]
            rows[0], rows[-1] = "." + rows[0][1:], rows[-1][:-1] + "."
            found.append(f"{size}\n" + "\n".join(rows) + "\n")
        return found

    return make


PROBLEMS = (
    Problem(
        "pairs divisible", _lists([3, 6, 12, 40, 200], 1, 1000, [2, 3, 5, 7, 9]),
        """
n, k = int(data[0]), int(data[1])
count = [0] * k
for word in data[2:]:
    count[int(word) % k] += 1
total = sum(count[r] * count[k - r] for r in range(1, (k + 1) // 2))
total += sum(count[r] * (count[r] - 1) // 2 for r in {0, *([k // 2] if k % 2 == 0 else [])})
print(total)""",
        """
int n, k; cin >> n >> k; vector<ll> seen(k); ll total = 0;
for (int i = 0; i < n; i++) { int a; cin >> a; a %= k; total += seen[(k - a) % k]; seen[a]++; }
cout << total << endl;""",
        (("(count[r] - 1)", "count[r]"), ("seen[(k - a) % k]; seen[a]++", "seen[a]; seen[a]++")),
        (("if k % 2 == 0 else", "if k == 4 else"), ("total += seen[(k - a) % k]", "if (k > 2) total += seen[(k - a) % k]")),
    ),
    Problem(
        "largest sum in a row",
        _given("1\n-5\n", "3\n-4 -2 -7\n", "5\n1 -2 3 4 -1\n", "4\n5 5 -20 6\n",
               "500\n" + " ".join(str(37 * i % 101 - 55) for i in range(500)) + "\n"),
        """
best = here = int(data[1])
for word in data[2:]:
    here = max(int(word), here + int(word))
    best = max(best, here)
print(best)""",
        """
int n; cin >> n; ll best = -1e18, here = 0;
while (n--) { ll a; cin >> a; here = max(here, 0LL) + a; best = max(best, here); }
cout << best << endl;""",
        (("best = max(best, here)", "best = here"), ("best = max(best, here)", "best = here")),
        (("print(best)", "print(max(best, 0))"), ("ll best = -1e18", "ll best = 0")),
    ),
    Problem(
        "longest rising", _lists([1, 6, 10, 60, 800], 1, 500),
        """
from bisect import bisect_left
tails = []
for word in data[1:]:
    at = bisect_left(tails, int(word))
    tails[at:at + 1] = [int(word)]
print(len(tails))""",
        """
int n; cin >> n; vector<int> tails;
while (n--) { int a; cin >> a; auto at = lower_bound(tails.begin(), tails.end(), a);
  if (at == tails.end()) tails.push_back(a); else *at = a; }
cout << tails.size() << endl;""",
        (("bisect_left(tails, int(word))", "len(tails)"), ("else *at = a;", "else tails.push_back(a);")),
        (("for word in data[1:]", "for word in data[1:30]"), ("if (at == tails.end())", "if (at == tails.end() && tails.size() < 6)")),
    ),
    Problem(
        "nested brackets", _given("()\n", "(()(()))\n", "())(\n", "((\n", "()" * 300 + "(" * 40 + ")" * 40 + "\n"),
        """
depth = most = 0
for sign in data[0]:
    depth += 1 if sign == "(" else -1
    most = max(most, depth)
    if depth < 0: break
print(most if depth == 0 else -1)""",
        """
string s; cin >> s; int depth = 0, most = 0; bool right = true;
for (char c : s) { depth += c == '(' ? 1 : -1; most = max(most, depth); if (depth < 0) right = false; }
cout << (right && depth == 0 ? most : -1) << endl;""",
        (("max(most, depth)", "depth"), ("most = max(most, depth);", "most = depth;")),
        (("if depth < 0: break", "pass"), ("right = false", "right = true")),
    ),
    Problem(
        "common period", _given("2\n4 6\n", "3\n7 5 3\n", "4\n2 4 8 16\n", "3\n99991 99989 99971\n", "6\n97 89 83 79 73 71\n"),
        """
from math import gcd
period = 1
for word in data[1:]:
    period = period * int(word) // gcd(period, int(word))
print(period)""",
        """
int n; cin >> n; ll period = 1;
while (n--) { ll a; cin >> a; period = period / __gcd(period, a) * a; }
cout << period << endl;""",
        (("// gcd(period, int(word))", "// 1 + 1"), ("period / __gcd(period, a) * a", "period * a + 1")),
        (("print(period)", "print(period % 2 ** 32)"), ("cout << period", "cout << (unsigned)period"),),
    ),
    Problem(
        "rabbits", _given("1\n", "2\n", "10\n", "90\n", "60000\n"),
        """
a, b = 0, 1
for _ in range(int(data[0])):
    a, b = b, (a + b) % 1000000007
print(a)""",
        """
int n; cin >> n; ll a = 0, b = 1;
while (n--) { ll c = (a + b) % 1000000007; a = b; b = c; }
cout << a << endl;""",
        (("a, b = 0, 1", "a, b = 2, 3"), ("ll a = 0, b = 1", "ll a = 2, b = 3")),
        (("1000000007", "1000000009"), ("1000000007", "1000000009")),
    ),
    Problem(
        "ways through a grid", _grids(2, 4, 7, 20, 60),
        """
n, rows = int(data[0]), data[1:]
ways = [1] + [0] * (n - 1)
for row in rows:
    for x in range(n):
        ways[x] = 0 if row[x] == "#" else (ways[x] + (ways[x - 1] if x else 0)) % 1000000007
print(ways[-1])""",
        """
int n; cin >> n; vector<vector<ll>> w(n + 1, vector<ll>(n + 1));
for (int y = 1; y <= n; y++) { string s; cin >> s; for (int x = 1; x <= n; x++) {
  if (s[x - 1] == '.') w[y][x] = x == 1 && y == 1 ? 1 : (w[y - 1][x] + w[y][x - 1]) % 1000000007; } }
cout << w[n][n] << endl;""",
        (('row[x] == "#"', "False"), ("s[x - 1] == '.'", "true")),
        (("% 1000000007", "% 100003"), ("% 1000000007", "% 100003")),
    ),
    Problem(
        "steps through a grid", _grids(2, 5, 8, 30, 80),
        """
from collections import deque
n, rows = int(data[0]), data[1:]
steps, queue = {(0, 0): 0}, deque([(0, 0)])
while queue:
    x, y = queue.popleft()
    for u, v in ((x + 1, y), (x, y + 1), (x - 1, y), (x, y - 1)):
        if 0 <= u < n and 0 <= v < n and rows[v][u] == "." and (u, v) not in steps:
            steps[u, v] = steps[x, y] + 1
            queue.append((u, v))
print(steps.get((n - 1, n - 1), -1))""",
        """
int n; cin >> n; vector<string> g(n); for (auto& s : g) cin >> s;
vector<int> far(n * n, -1); queue<int> q; q.push(0); far[0] = 0; int dx[] = {1, 0, -1, 0}, dy[] = {0, 1, 0, -1};
while (!q.empty()) { int at = q.front(); q.pop(); for (int d = 0; d < 4; d++) {
  int x = at % n + dx[d], y = at / n + dy[d];
  if (x >= 0 && y >= 0 && x < n && y < n && g[y][x] == '.' && far[y * n + x] < 0) { far[y * n + x] = far[at] + 1; q.push(y * n + x); } } }
cout << far[n * n - 1] << endl;""",
        (("steps[x, y] + 1", "steps[x, y] + 2"), ("far[at] + 1", "far[at] + 2")),
        (("print(steps", "print(-1 if n > 20 else steps"), ("cout << far[n * n - 1]", "cout << (n > 20 ? -1 : far[n * n - 1])")),
    ),
    Problem(
        "cheapest way", _graphs((2, 1), (5, 8), (20, 60), (100, 400), (300, 1200)),
        """
import heapq
n, m = int(data[0]), int(data[1])
roads = [[] for _ in range(n)]
for i in range(m):
    a, b, w = map(int, data[2 + 3 * i:5 + 3 * i])
    roads[a].append((b, w)); roads[b].append((a, w))
cost, heap = [10 ** 9] * n, [(0, 0)]
while heap:
    far, at = heapq.heappop(heap)
    if far < cost[at]:
        cost[at] = far
        for to, w in roads[at]:
            heapq.heappush(heap, (far + w, to))
print(max(cost))""",
        """
int n, m; cin >> n >> m; vector<vector<pair<int, int>>> g(n);
while (m--) { int a, b, w; cin >> a >> b >> w; g[a].push_back({b, w}); g[b].push_back({a, w}); }
vector<int> cost(n, 1e9); cost[0] = 0; bool more = true;
while (more) { more = false; for (int a = 0; a < n; a++) for (auto& e : g[a])
  if (cost[a] + e.second < cost[e.first]) { cost[e.first] = cost[a] + e.second; more = true; } }
cout << *max_element(cost.begin(), cost.end()) << endl;""",
        (("print(max(cost))", "print(sum(cost) + 1)"), ("*max_element(cost.begin(), cost.end())", "cost[0] - 1")),
        (("; roads[b].append((a, w))", "; n > 9 or roads[b].append((a, w))"), ("; g[b].push_back({a, w});", "; if (n < 10) g[b].push_back({a, w});")),
    ),
    Problem(
        "knapsack", _lists([2, 6, 10, 40, 100], 1, 60, [20, 50, 90, 300, 1000]),
        """
n, room = int(data[0]), int(data[1])
best = [0] * (room + 1)
for i, word in enumerate(data[2:]):
    size, worth = int(word), int(word) * (i % 5 + 1) % 41
    for full in range(room, size - 1, -1):
        best[full] = max(best[full], best[full - size] + worth)
print(best[room])""",
        """
int n, room; cin >> n >> room; vector<int> best(room + 1);
for (int i = 0; i < n; i++) { int size; cin >> size; int worth = size * (i % 5 + 1) % 41;
  for (int full = room; full >= size; full--) best[full] = max(best[full], best[full - size] + worth); }
cout << best[room] << endl;""",
        (("best[full - size] + worth", "best[full] + worth + 1"), ("best[full - size] + worth", "best[full] + worth + 1")),
        (("range(room, size - 1, -1)", "range(size, room + 1)"), ("int full = room; full >= size; full--", "int full = size; full <= room; full++")),
    ),
    Problem(
        "fewest coins", _given("3 11\n1 5 10\n", "3 6\n1 3 4\n", "2 7\n2 4\n", "3 30\n1 10 25\n", "4 3000\n7 11 50 333\n"),
        """
n, sum_ = int(data[0]), int(data[1])
fewest = [0] + [10 ** 9] * sum_
for full in range(1, sum_ + 1):
    fewest[full] = min([fewest[full - int(c)] + 1 for c in data[2:] if int(c) <= full] + [10 ** 9])
print(fewest[sum_] if fewest[sum_] < 10 ** 9 else -1)""",
        """
int n, sum; cin >> n >> sum; vector<int> c(n), f(sum + 1, 1e9); for (int& a : c) cin >> a; f[0] = 0;
for (int full = 1; full <= sum; full++) for (int a : c) if (a <= full) f[full] = min(f[full], f[full - a] + 1);
cout << (f[sum] < 1000000000 ? f[sum] : -1) << endl;""",
        (("print(fewest[sum_]", "print(1 + fewest[sum_]"), ("(f[sum] < 1000000000 ? f[sum] : -1)", "f[sum] + 1")),
        (("for c in data[2:] if", "for c in [max((x for x in data[2:] if int(x) <= full), key=int, default='1')] if"),
         ("for (int a : c) if (a <= full)", "for (int a : vector<int>(1, *max_element(c.begin(), c.end(), [&](int p, int q) { return (p <= full ? p : 0) < (q <= full ? q : 0); }))) if (a <= full)")),
    ),
    Problem(
        "islands", _grids(1, 4, 9, 25, 70),
        """
n, rows = int(data[0]), data[1:]
seen, islands = set(), 0
for y in range(n):
    for x in range(n):
        if rows[y][x] == "." and (x, y) not in seen:
            islands += 1
            todo = [(x, y)]
            while todo:
                u, v = todo.pop()
                if 0 <= u < n and 0 <= v < n and rows[v][u] == "." and (u, v) not in seen:
                    seen.add((u, v))
                    todo += [(u + 1, v), (u - 1, v), (u, v + 1), (u, v - 1)]
print(islands)""",
        """
int n; cin >> n; vector<string> g(n); for (auto& s : g) cin >> s; int islands = 0;
function<void(int, int)> sink = [&](int x, int y) { if (x < 0 || y < 0 || x >= n || y >= n || g[y][x] != '.') return;
  g[y][x] = '#'; sink(x + 1, y); sink(x - 1, y); sink(x, y + 1); sink(x, y - 1); };
for (int y = 0; y < n; y++) for (int x = 0; x < n; x++) if (g[y][x] == '.') { islands++; sink(x, y); }
cout << islands << endl;""",
        (("print(islands)", "print(len(seen) + 2)"), ("islands++;", "islands += 2;")),
        ((", (u, v + 1), (u, v - 1)]", ", (u, v + 1)]"), ("sink(x, y - 1); }", "}")),
    ),
    Problem(
        "order of works", _given("2 1\n1 0\n", "3 2\n2 1\n1 0\n", "3 3\n0 1\n1 2\n2 0\n", "5 3\n4 0\n4 1\n3 1\n",
                                 "200 199\n" + "".join(f"{i} {i - 1}\n" for i in range(1, 200))),
        """
import heapq
n, m = int(data[0]), int(data[1])
after, waits = [[] for _ in range(n)], [0] * n
for a, b in zip(map(int, data[2::2]), map(int, data[3::2])):
    after[a].append(b)
    waits[b] += 1
heap, order = [i for i in range(n) if not waits[i]], []
while heap:
    order.append(heapq.heappop(heap))
    for b in after[order[-1]]:
        waits[b] -= 1
        if not waits[b]:
            heapq.heappush(heap, b)
print(*order if len(order) == n else ["IMPOSSIBLE"])""",
        """
int n, m; cin >> n >> m; vector<vector<int>> after(n); vector<int> waits(n), order;
while (m--) { int a, b; cin >> a >> b; after[a].push_back(b); waits[b]++; }
priority_queue<int, vector<int>, greater<int>> q; for (int i = 0; i < n; i++) if (!waits[i]) q.push(i);
while (!q.empty()) { int a = q.top(); q.pop(); order.push_back(a); for (int b : after[a]) if (!--waits[b]) q.push(b); }
string words; for (int a : order) words += to_string(a) + " ";
cout << ((int)order.size() < n ? "IMPOSSIBLE" : words) << endl;""",
        (("print(*order if", "print(*order[::-1] if"), ("words += to_string(a) + \" \"", "words = to_string(a) + \" \" + words")),
        (("heapq.heappop(heap)", "heap.pop()"), ("priority_queue<int, vector<int>, greater<int>>", "priority_queue<int>")),
    ),
    Problem(
        "cheapest net", _graphs((2, 1), (4, 6), (15, 50), (100, 500), (400, 1500)),
        """
n, m = int(data[0]), int(data[1])
edges = sorted(zip(*[iter(map(int, data[2:]))] * 3), key=lambda edge: edge[2])
root, total = list(range(n)), 0
def find(a):
    while root[a] != a:
        root[a] = root[root[a]]
        a = root[a]
    return a
for a, b, w in edges:
    if find(a) != find(b):
        root[find(a)] = find(b)
        total += w
print(total)""",
        """
int n, m; cin >> n >> m; vector<vector<pair<int, int>>> g(n); ll total = 0;
while (m--) { int a, b, w; cin >> a >> b >> w; g[a].push_back({w, b}); g[b].push_back({w, a}); }
vector<bool> in(n); priority_queue<pair<int, int>, vector<pair<int, int>>, greater<pair<int, int>>> q; q.push({0, 0});
while (!q.empty()) { auto [w, a] = q.top(); q.pop(); if (in[a]) continue; in[a] = true; total += w; for (auto& e : g[a]) q.push(e); }
cout << total << endl;""",
        (("total += w", "total += w + 1"), ("total += w;", "total += w + 1;")),
        (("sorted(zip(*[iter(map(int, data[2:]))] * 3), key=lambda edge: edge[2])", "list(zip(*[iter(map(int, data[2:]))] * 3))"),
         ("greater<pair<int, int>>> q;", "less<pair<int, int>>> q;")),
    ),
    Problem(
        "edit distance", _given("a b\n", "kitten sitting\n", "abc abc\n", "ab" * 40 + " " + "ba" * 40 + "\n", "x" * 60 + " " + "y" * 90 + "\n"),
        """
s, t = data
row = list(range(len(t) + 1))
for i, c in enumerate(s, 1):
    last, row[0] = row[0], i
    for j, d in enumerate(t, 1):
        last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (c != d))
print(row[-1])""",
        """
string s, t; cin >> s >> t; int n = s.size(), m = t.size(); vector<vector<int>> f(n + 1, vector<int>(m + 1));
for (int i = 0; i <= n; i++) for (int j = 0; j <= m; j++)
  f[i][j] = !i ? j : !j ? i : min({f[i - 1][j] + 1, f[i][j - 1] + 1, f[i - 1][j - 1] + (s[i - 1] != t[j - 1])});
cout << f[n][m] << endl;""",
        (("print(row[-1])", "print(row[-1] + 1)"), ("cout << f[n][m]", "cout << f[n][m] + 1")),
        (("last + (c != d)", "last + 2 * (c != d)"), ("+ (s[i - 1] != t[j - 1])", "+ 2 * (s[i - 1] != t[j - 1])")),
    ),
    Problem(
        "longest palindrome", _given("a\n", "abba\n", "abcbd\n", "xyzzyxq\n", "ab" * 100 + "c" + "ba" * 100 + "\n"),
        """
s, best = data[0], 0
for centre in range(2 * len(s) - 1):
    left = centre // 2
    right = left + centre % 2
    while left >= 0 and right < len(s) and s[left] == s[right]:
        left, right = left - 1, right + 1
    best = max(best, right - left - 1)
print(best)""",
        """
string s; cin >> s; int n = s.size(), best = 0; vector<vector<char>> p(n, vector<char>(n));
for (int i = n - 1; i >= 0; i--) for (int j = i; j < n; j++)
  if (s[i] == s[j] && (j - i < 2 || p[i + 1][j - 1])) { p[i][j] = 1; best = max(best, j - i + 1); }
cout << best << endl;""",
        (("print(best)", "print(best + 1)"), ("j - i + 1);", "j - i + 2);")),
        (("right = left + centre % 2", "right = left"), ("(j - i < 2 ||", "(j == i ||")),
    ),
    Problem(
        "most talks", _given("2\n1 2 2 3\n", "3\n1 10 2 3 4 5\n", "1\n5 9\n", "4\n1 4 3 5 0 6 5 7\n",
                             "60\n" + " ".join(f"{7 * i % 61} {7 * i % 61 + 1 + i % 5}" for i in range(60)) + "\n"),
        """
talks = sorted(zip(map(int, data[1::2]), map(int, data[2::2])), key=lambda talk: talk[1])
count, free = 0, -1
for start, end in talks:
    if start >= free:
        count, free = count + 1, end
print(count)""",
        """
int n; cin >> n; vector<pair<int, int>> t(n); for (auto& e : t) cin >> e.second >> e.first;
sort(t.begin(), t.end()); int count = 0, free = -1;
for (auto& e : t) if (e.second >= free) { count++; free = e.first; }
cout << count << endl;""",
        (("count + 1, end", "count + 2, end"), ("count++;", "count += 2;")),
        (("key=lambda talk: talk[1]", "key=lambda talk: talk[0]"), ("cin >> e.second >> e.first;\nsort(t.begin(), t.end());", "cin >> e.second >> e.first;\nsort(t.begin(), t.end(), [](auto& p, auto& q) { return p.second < q.second; });")),
    ),
    Problem(
        "covered length", _given("2\n1 3 2 5\n", "3\n1 2 4 6 9 10\n", "2\n1 10 2 3\n", "4\n5 6 1 2 2 5 0 1\n",
                                 "80\n" + " ".join(f"{13 * i % 400} {13 * i % 400 + i % 11 + 1}" for i in range(80)) + "\n"),
        """
total, end = 0, -1
for start, stop in sorted(zip(map(int, data[1::2]), map(int, data[2::2]))):
    total += max(0, stop - max(start, end))
    end = max(end, stop)
print(total)""",
        """
int n; cin >> n; map<int, int> change; while (n--) { int a, b; cin >> a >> b; change[a]++; change[b]--; }
int total = 0, depth = 0, before = 0;
for (auto& e : change) { if (depth) total += e.first - before; depth += e.second; before = e.first; }
cout << total << endl;""",
        (("print(total)", "print(total + end)"), ("depth += e.second;", "depth -= e.second; total++;")),
        (("stop - max(start, end)", "stop - start"), ("if (depth) total += e.first - before", "total += depth * (e.first - before)")),
    ),
    Problem(
        "fair shares", _lists([3, 5, 10, 60, 300], 1, 1000, [2, 1, 3, 7, 20]),
        """
n, k, work = int(data[0]), int(data[1]), list(map(int, data[2:]))
low, high = max(work), sum(work)
while low < high:
    middle, parts, load = (low + high) // 2, 1, 0
    for each in work:
        load += each
        if load > middle:
            parts, load = parts + 1, each
    low, high = (low, middle) if parts <= k else (middle + 1, high)
print(low)""",
        """
int n, k; cin >> n >> k; vector<ll> sum(n + 1); for (int i = 0; i < n; i++) { cin >> sum[i + 1]; sum[i + 1] += sum[i]; }
vector<ll> best(n + 1, 1e18); best[0] = 0;
while (k--) { vector<ll> next(n + 1, 1e18); next[0] = 0; for (int i = 1; i <= n; i++) for (int j = 0; j < i; j++)
  next[i] = min(next[i], max(best[j], sum[i] - sum[j])); best = next; }
cout << best[n] << endl;""",
        (("low, high = max(work), sum(work)", "low, high = sum(work) + 1, sum(work)"), ("cout << best[n]", "cout << sum[n] + 1")),
        (("max(work), sum(work)", "max(work), sum(work) - (k == 1)"), ("while (k--)", "k = max(k, 2); while (k--)")),
    ),
    Problem(
        "primes below", _given("2\n", "10\n", "100\n", "5000\n", "200000\n"),
        """
n = int(data[0])
prime = bytearray([1]) * (n + 1)
prime[:2] = b"\\0\\0"
for i in range(2, int(n ** 0.5) + 1):
    if prime[i]:
        prime[i * i::i] = bytes(len(prime[i * i::i]))
print(sum(prime))""",
        """
int n; cin >> n; vector<bool> out(n + 1); int count = 0;
for (ll i = 2; i <= n; i++) { if (out[i]) continue; count++; for (ll j = i * i; j <= n; j += i) out[j] = true; }
cout << count << endl;""",
        (("print(sum(prime))", "print(n - sum(prime) + 7)"), ("int count = 0;", "int count = 1;")),
        (("range(2, int(n ** 0.5) + 1)", "range(2, min(12, int(n ** 0.5) + 1))"), ("j <= n; j += i", "i < 12 && j <= n; j += i")),
    ),
    Problem(
        "power", _given("2 10 1000\n", "3 0 7\n", "5 3 13\n", "123456789 987654321 1000000007\n", "2 1000000000 999999937\n"),
        """
a, b, m = map(int, data)
print(pow(a, b, m))""",
        """
ll a, b, m; cin >> a >> b >> m; ll r = 1 % m; a %= m;
for (; b; b >>= 1) { if (b & 1) r = r * a % m; a = a * a % m; }
cout << r << endl;""",
        (("pow(a, b, m)", "(a * b + 1) % m + 2"), ("ll r = 1 % m;", "ll r = m + 3;"),),
        (("print(pow(a, b, m))", "print(pow(a, min(b, 10 ** 5), m))"), ("ll a, b, m;", "unsigned a, b, m;")),
    ),
    Problem(
        "inversions", _lists([2, 5, 20, 300, 1500], 1, 10**6),
        """
def count(part):
    if len(part) < 2:
        return 0, part
    middle = len(part) // 2
    (a, left), (b, right) = count(part[:middle]), count(part[middle:])
    found, i, merged = a + b, 0, []
    for each in right:
        while i < len(left) and left[i] <= each:
            merged.append(left[i])
            i += 1
        found += len(left) - i
        merged.append(each)
    return found, merged + left[i:]
print(count(list(map(int, data[1:])))[0])""",
        """
int n; cin >> n; vector<int> a(n); for (int& e : a) cin >> e; ll found = 0;
for (int i = 0; i < n; i++) for (int j = i + 1; j < n; j++) found += a[i] > a[j];
cout << found << endl;""",
        (("found += len(left) - i", "found += i + 1"), ("found += a[i] > a[j]", "found += 2 - (a[i] > a[j])")),
        (("print(count(list(map(int, data[1:])))[0])", "print(count(list(map(int, data[1:100])))[0])"), ("int j = i + 1; j < n", "int j = i + 1; j < min(n, i + 50)")),
    ),
    Problem(
        "last in the circle", _given("1 5\n", "7 3\n", "10 2\n", "41 3\n", "50000 7\n"),
        """
n, k = map(int, data)
place = 0
for size in range(2, n + 1):
    place = (place + k) % size
print(place + 1)""",
        """
int n, k; cin >> n >> k; int place = 0;
for (int size = 2; size <= n; size++) place = (place + k) % size;
cout << place + 1 << endl;""",
        (("print(place + 1)", "print(place)"), ("cout << place + 1", "cout << place")),
        (("range(2, n + 1)", "range(2, min(n, 20) + 1)"), ("size <= n", "size <= min(n, 20)")),
    ),
    Problem(
        "next greater", _lists([1, 4, 10, 80, 900], 1, 99),
        """
answer, stack = [-1] * int(data[0]), []
for i, word in enumerate(data[1:]):
    while stack and int(data[1 + stack[-1]]) < int(word):
        answer[stack.pop()] = int(word)
    stack.append(i)
print(*answer, sep="\\n")""",
        """
int n; cin >> n; vector<int> a(n); for (int& e : a) cin >> e;
for (int i = 0; i < n; i++) { int found = -1; for (int j = i + 1; j < n && found < 0; j++) if (a[j] > a[i]) found = a[j]; a[i] = found; if (i + 1 < n) cout << a[i] << "\\n"; }
cout << a[n - 1] << endl;""",
        (("print(*answer,", "print(*answer[::-1], 0,"), ("cout << a[n - 1] << endl;", "cout << a[n - 1] + 1 << endl;")),
        (("data[1 + stack[-1]]) < int(word)", "data[1 + stack[-1]]) < int(word) and i < 50"), ("j < n && found < 0", "j < min(n, i + 5) && found < 0")),
    ),
)  # fmt: skip
