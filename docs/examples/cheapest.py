"""Whoever is cheapest and up: the next one is tried only where nothing was billed."""

from decimal import Decimal

from tintype import Client, ImageRequest, TintypeError

asked = ImageRequest(prompt="a lighthouse in a storm", model="seedream-4.5", aspect_ratio="16:9")

with Client() as client:
    for offer in client.quotes(asked):
        print(f"{offer.provider:12} {offer.quote.low} USD  {offer.size or '-':>10}  {offer.drawn_by}")
    try:
        drawn = client.generate(asked, providers="any", max_cost=Decimal("0.04"))
    except TintypeError as error:
        for attempt in error.attempts:
            print(attempt.provider, attempt.outcome, "billed:", attempt.billed, attempt.error)
        raise
    for attempt in drawn.attempts:
        print(attempt.provider, attempt.outcome, attempt.error or "drew it")
    print(drawn.cost or drawn.quote.usd, *client.save(drawn, "pictures"))
