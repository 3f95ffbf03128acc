"""What ModelArk and those who pass it on share: Seedream's body, its sequences and their bill.

Source: BytePlus ModelArk, Image generation API, which each plugin cites for its own facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from tintype.catalog import Integer, ProviderInfo
from tintype.convert import merge_options
from tintype.errors import (
    InsufficientCreditError,
    InvalidRequestError,
    OverloadedError,
    ProviderError,
)
from tintype.messages import Request
from tintype.models import Cost, Quote
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_openai_dialect.wire import Draw, Usage

__all__ = ["CODES", "Seedream"]

# References and drawn images together, in one submission.
_MAX_IMAGES = 15

# Codes that say something else than their status.
CODES: Mapping[str, type[ProviderError]] = {
    "AccountOverdueError": InsufficientCreditError,
    "OperationDenied.ServiceOverdue": InsufficientCreditError,
    "ServerOverloaded": OverloadedError,
}


@frozen
class Seedream:
    """How one provider of Seedream is asked, and bills.

    Attributes:
        info: The provider.
    """

    info: ProviderInfo

    def request(self, url: str, request: Submission) -> Request:
        """What is sent to `url`, for drawing and for editing.

        Raises:
            InvalidRequestError: A reference or the length of a sequence cannot be sent.
        """
        self._check_references(request)
        self._images_at_most(request)
        body = Draw(
            model=request.model,
            prompt=request.prompt,
            size=request.size or request.resolution,
            output_format=request.output_format,
            watermark=request.watermark,
            stream=request.stream or None,
            image=request.urls or None,
        )
        return Request.post(url, merge_options(body, request.options), events=request.stream)

    def price(self, request: Submission) -> Quote | None:
        """By the documented table; a sequence by the images that it turns out to have.

        Raises:
            InvalidRequestError: A sequence is too long.
        """
        known = quote_from_prices(self.info, request)
        most = self._images_at_most(request)
        if known is None or known.high is None or most == 1:
            return known
        inputs = self._references_usd(request)
        assumption = f"A sequence has 1 to {most} images, and each is billed."
        return evolve(
            known,
            lines=tuple(
                evolve(line, quantity=None) if line.unit == "image" else line
                for line in known.lines
            ),
            high=(known.high - inputs) * most + inputs,
            assumptions=(*known.assumptions, assumption),
        )

    def cost(self, request: Submission | None, usage: Usage) -> Cost | None:
        """The price of an image times `generated_images`, where any are, and the references."""
        drawn = usage.generated_images
        if request is None or drawn is None:
            return None
        bare = request.n == 1 and not request.options
        one = quote_from_prices(self.info, request if bare else evolve(request, n=1, options={}))
        if one is None or one.usd is None:
            return None
        inputs = self._references_usd(request)
        source = f"documented price x generated_images{', and the references' if inputs else ''}"
        usd = (one.usd - inputs) * drawn + inputs if drawn else Decimal(0)
        return Cost(usd=usd, source=source)

    def _images_at_most(self, request: Submission) -> int:
        """The most images of a sequence, or 1 where none is asked for."""
        options = request.options
        if options.get("sequential_image_generation") != "auto":
            return 1
        room = Integer(low=1, high=_MAX_IMAGES - len(request.references))
        limits = options.get("sequential_image_generation_options")
        most = limits.get("max_images", room.high) if isinstance(limits, Mapping) else room.high
        if isinstance(most, int) and room.admits(most):
            return most
        msg = f"max_images={most!r}: references and images together are at most {_MAX_IMAGES}."
        raise InvalidRequestError(msg, field="options", allowed=room.allowed)

    def _check_references(self, request: Submission) -> None:
        """The media type of a `data:` URL is to be in lower case."""
        heads = [url.partition(",")[0] for url in request.urls]
        if any(head.lower().startswith("data:") and head != head.lower() for head in heads):
            title = self.info.title
            msg = (
                f"A reference's data: URL has capitals before the comma, which {title} does not"
                " take."
            )
            allowed = ("data:image/png;base64,…",)
            raise InvalidRequestError(msg, field="references", allowed=allowed)

    def _references_usd(self, request: Submission) -> Decimal:
        """What the references of a submission cost, however many images it draws (inferred)."""
        prices = self.info.limits(request.model).prices
        each = [line.usd for line in prices if line.unit == "reference" and line.usd]
        return sum(each, Decimal(0)) * len(request.references)
