"""A thousand pictures overnight: each paid for once, however often this is run again."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tintype import Billed, Budget, Client, ImageRequest

PROMPTS = Path(__file__).with_name("prompts.txt")


def requests() -> Iterator[ImageRequest]:
    with PROMPTS.open(encoding="utf-8") as lines:  # read as they are drawn
        for number, prompt in enumerate(lines, start=1):
            yield ImageRequest(prompt=prompt.strip(), model="seedream-4.5", tag=f"page-{number}")


ended: Counter[str] = Counter()
spent = Decimal(0)
budget = Budget(usd="20", period="day")

with Client(journal="book.db", budgets=[budget], width=8) as client:
    for done in client.batch(requests(), "pictures", name="book", providers="any", resume=True):
        ended[done.outcome.value] += 1
        if done.billed is not Billed.NO:
            spent += done.paid or done.quoted or 0
        print(done.tag, done.provider, done.outcome, *done.files, done.error or "")

print(dict(ended), f"at most {spent} USD")
