"""The turns of clients, and the limit on what runs."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from r1cli.execution.fair_queue import FairQueue


def test_clients_take_turns_and_a_late_one_does_not_wait_for_all_of_another() -> None:
    order: list[str] = []

    async def one(queue: FairQueue, client: str) -> None:
        async with queue.place(client):
            order.append(client)
            await asyncio.sleep(0)

    async def main() -> None:
        queue = FairQueue(1)
        await asyncio.gather(*(one(queue, client) for client in ["a"] * 6 + ["b"] * 2 + ["c"]))
        assert (queue.running, queue.waiting, queue.clients) == (0, 0, 0)

    asyncio.run(main())
    assert "".join(order) == "aabcabaaa"


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 6), st.sampled_from(["end", "fail", "cancel"]))
    ),
)
def test_places_are_never_lost_and_never_too_many(limit: int, visits: list[tuple[str, int, str]]) -> None:
    inside, most = 0, 0

    async def one(queue: FairQueue, client: str, size: int, end: str) -> None:
        nonlocal inside, most
        async with queue.place(client, size):
            inside += min(size, limit)
            most = max(most, inside)
            try:
                await asyncio.sleep(0)
                if end == "fail":
                    raise OSError
            finally:
                inside -= min(size, limit)

    async def main() -> None:
        queue = FairQueue(limit)
        tasks = [asyncio.create_task(one(queue, *visit)) for visit in visits]
        await asyncio.sleep(0)
        for task, (_, _, end) in zip(tasks, visits, strict=True):
            if end == "cancel":
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert (queue.running, queue.waiting, queue.clients) == (0, 0, 0)

    asyncio.run(main())
    assert inside == 0 and most <= limit
