"""One account's credentials as they are now: asked for, bought, and put into requests.

What has to be asked of the world is yielded as a step, so that both clients have it from here:
a `Question` to the caller's function, a `Purchase` of a token. Until the request itself is
sent nothing can have been charged, and every error here says so.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeAlias

from attrs import evolve, field, frozen

from tintype._blame import about, of_provider
from tintype._client.accounts import advice, missing
from tintype._flow.effects import Send
from tintype._keys.dispatch import USER_AGENT, Dispatch
from tintype._keys.redaction import Redactor
from tintype._keys.signing import TOKEN, Held, missing_extra, sign, token_request, unfit
from tintype._keys.variables import advice_on_refusal, variable
from tintype._structuring.json_values import loads
from tintype.account import Account, Renewed, Secret
from tintype.catalog import ProviderInfo
from tintype.credentials import NAMES, OAuthClientCredentials, SigV4
from tintype.errors import (
    AuthenticationError,
    Billed,
    MissingKeyError,
    NotSentError,
    ProtocolError,
    TintypeError,
    TransportError,
    UsageError,
)
from tintype.messages import HttpRequest, Request, Response

UNAUTHORIZED = 401
# The longest answer that holds a token, in bytes.
MAX_TOKEN_BYTES = 65_536

# A token is bought anew so long before it expires: a tenth of its life, at most so many seconds.
_MARGIN = 60.0
_LATELY = 8  # how many secrets that were asked or bought for are still taken out
_LONGEST_LIFE = 10.0**9
_REFUSED = frozenset({400, 401, 403})
_REPEATABLE = frozenset({408, 425, 429})
_FIRST_SERVER_ERROR = 500
_CODE = re.compile(r"[a-z_]{1,40}")
_TOKEN_TEXT = re.compile(r"[!-~]{1,16000}")


@frozen(kw_only=True)
class Question:
    """Ask the caller's function for a credential. The reply is what it tells, as a `Secret`.

    None stands for what is no text.
    """

    asked: Renewed


@frozen(kw_only=True)
class Purchase:
    """Make this exchange. The reply is its `Response`."""

    request: HttpRequest


@frozen(kw_only=True, slots=False)  # several an exchange: made in two thirds of the time
class Prepared:
    """A request as it leaves.

    Attributes:
        request: The request, with what its provider is shown.
        redactor: What takes every secret that it was made of out of the answer.
        reused: The token in it, where an earlier exchange had bought it; it may have gone stale.
    """

    request: HttpRequest
    redactor: Redactor = field(repr=False)
    reused: Secret | None = None


Step: TypeAlias = Question | Purchase
Steps: TypeAlias = Generator[Step, "Secret | Response | None", Prepared]


@frozen(kw_only=True)
class _Token:
    secret: Secret
    until: datetime | None


class Keyring:
    """One account's credentials for one provider; `now` tells the time."""

    def __init__(self, info: ProviderInfo, account: Account, now: Callable[[], datetime]) -> None:
        self._info = info
        self._account = account
        self._now = now
        self._dispatch = Dispatch(info, account)
        self._token: _Token | None = None
        held = {name: account.held.get(name) for name in (*info.auth.needs, *info.auth.takes)}
        # What nobody has to be asked for, and what somebody has.
        self._told = {
            name: each for name, each in held.items() if isinstance(each, Secret) and each.reveal()
        }
        self._renewed = {name: each for name, each in held.items() if isinstance(each, Renewed)}
        self._asks = bool(self._renewed) or isinstance(info.auth, OAuthClientCredentials)
        self._proven = False
        self._needs = frozenset(info.auth.needs)
        self._lacking = missing(info, account)
        self._has_all = all(held[name] is not None for name in self._needs)
        self._fixed = Redactor([*account.webhook_secrets, *self._secret(self._told)])
        # What was shown lately with what takes it out, set as one: threads share a keyring.
        self._lately: tuple[tuple[Secret, ...], Redactor] = ((), self._fixed)

    @property
    def must_buy(self) -> bool:
        """Whether a token has to be bought before the next exchange: one at a time does."""
        return isinstance(self._info.auth, OAuthClientCredentials) and self._fresh() is None

    def rehearse(self, request: Request, hook: str = "submit") -> HttpRequest:
        """A request in bytes, held to be what can be signed; an error names the hook.

        Raises:
            MissingKeyError: A credential is missing, or none that can be shown.
            PluginError: The request would go astray, or is nothing that HTTP can carry.
            UsageError: A base URL or a setting is none, or an extra is not installed.
        """
        made = self._dispatch.encode(request, hook)
        scheme, settings = self._info.auth, self._account.settings
        if self._shows(request) and not self._proven and self._fit.keys() >= self._needs:
            with _named(self._info.name):
                if isinstance(scheme, OAuthClientCredentials):
                    token_request(scheme, self._fit, settings, ())
                else:
                    sign(scheme, self._fit, settings, made, self._now())
            # What can be wrong is with the credentials; for AWS alone with the request, too.
            self._proven = not isinstance(scheme, SigV4)
        return made

    def prepared(self, effect: Send, stale: Secret | None = None) -> Steps:
        """A request as it leaves, once what it needs is asked for.

        Args:
            effect: The exchange; a request that was rehearsed is in bytes already.
            stale: A token that the provider accepts no more.

        Raises:
            MissingKeyError: A credential is missing, or none that can be shown.
            NotSentError: A credential could not be had this time.
            AuthenticationError: No token is sold to these credentials.
            TintypeError: As `rehearse` does.
        """
        if (ready := self.at_hand(effect)) is not None:
            return ready
        made = self._encoded(effect)
        asked = yield from self._asked()
        held: dict[str, Secret] = {**self._fit, **asked}
        derived: tuple[Secret, ...] = ()
        reused: Secret | None = None
        if isinstance(self._info.auth, OAuthClientCredentials):
            before = self._fresh(stale)
            token = before or (yield from self._bought(self._info.auth, held))
            held, reused = {**held, TOKEN: token}, before
            derived = (token,)
        return self._signed(made, held, (*self._secret(asked), *derived), reused)

    def at_hand(self, effect: Send) -> Prepared | None:
        """A request as it leaves, or None where somebody has to be asked before, or for a token.

        Raises:
            TintypeError: As `prepared` does.
        """
        made = self._encoded(effect)
        if not self._shows(effect.request):
            return Prepared(request=self._routed(made), redactor=self.redactor)
        return None if self._asks else self._signed(made, self._fit)

    def _encoded(self, effect: Send) -> HttpRequest:
        return effect.encoded or self._dispatch.encode(effect.request, effect.hook)

    def _signed(
        self,
        made: HttpRequest,
        held: Held,
        secrets: tuple[Secret, ...] = (),
        reused: Secret | None = None,
    ) -> Prepared:
        """A request with what its provider is shown of these credentials."""
        try:
            signed = sign(self._info.auth, held, self._account.settings, made, self._now())
        except TintypeError as error:
            raise of_provider(error, self._info.name) from error.__cause__
        redactor = self._remembering((*secrets, *signed.derived))
        request = self._routed(signed.request)
        return Prepared(request=request, redactor=redactor, reused=reused)

    def _routed(self, request: HttpRequest) -> HttpRequest:
        """A request by the account's way: through its proxy, if it has one."""
        proxy = self._account.proxy
        return request if proxy is None else evolve(request, proxy=proxy)

    @property
    def redactor(self) -> Redactor:
        """Takes out what is secret: what was told, and what was asked or bought for lately."""
        return self._lately[1]

    def _remembering(self, secrets: Sequence[Secret]) -> Redactor:
        """What takes these out, too, from now on; it is made anew only where one is new."""
        shown, redactor = self._lately
        if not secrets:
            return redactor
        others = tuple(each for each in shown if not any(_is_same(each, new) for new in secrets))
        if len(others) + len(secrets) == len(shown):
            return redactor
        shown = (*others, *secrets)[-max(_LATELY, len(secrets)) :]
        redactor = self._fixed.beside(shown)
        self._lately = shown, redactor
        return redactor

    def _shows(self, request: Request) -> bool:
        """Whether a request shows who asks.

        Raises:
            MissingKeyError: It has to, and a credential is missing.
        """
        if not request.auth:
            return False
        if lacking := self._lacking:
            what = "a key" if lacking == ("key",) else f"the credentials {', '.join(lacking)}"
            msg = f"It needs {what}: {advice(self._info, lacking)}"
            raise MissingKeyError(msg, provider=self._info.name)
        return self._has_all

    @cached_property
    def _fit(self) -> Mapping[str, Secret]:
        """The credentials that nobody has to be asked for, once they are found to serve."""
        return self._checked(self._told)

    def _secret(self, held: Held) -> Iterable[Secret]:
        """Those that are to be taken out of answers: names and public keys stand in many."""
        return [
            each
            for name, each in held.items()
            if name not in NAMES and name != TOKEN and not self._is_public(name, each)
        ]

    def _is_public(self, name: str, secret: Secret) -> bool:
        return name in self._account.public or secret.reveal() in self._info.public_keys

    def _checked(self, held: dict[str, Secret]) -> dict[str, Secret]:
        reason = missing_extra(self._info.auth)
        if reason:
            raise UsageError(reason, provider=self._info.name)
        for name, each in held.items():
            reason = unfit(name, each, public=self._is_public(name, each))
            if reason:
                what = "The key" if name == "key" else f"The credential {name!r}"
                msg = f"{what} {reason}; copy it into {variable(self._info, name)} again."
                raise MissingKeyError(msg, provider=self._info.name)
        return held

    def _asked(self) -> Generator[Step, Secret | Response | None, dict[str, Secret]]:
        """The credentials that the caller's functions tell, once they are found to serve."""
        asked: dict[str, Secret] = {}
        for name, each in self._renewed.items():
            asked[name] = yield from self._answered(name, each)
        return self._checked(asked)

    def _answered(
        self, name: str, asked: Renewed
    ) -> Generator[Step, Secret | Response | None, Secret]:
        told: Secret | Response | Exception | None
        try:
            told = yield Question(asked=asked)
        except TintypeError:
            raise
        except Exception as error:  # noqa: BLE001 - it is no cause: its words may hold a key
            told = error
        if isinstance(told, Exception):
            where = traceback.extract_tb(told.__traceback__)[-1]
            deed = f"failed: {type(told).__name__} ({where.filename}, line {where.lineno})"
            msg = f"The function for the credential {name!r} {deed}."
            raise NotSentError(msg, provider=self._info.name)
        if not isinstance(told, Secret):
            msg = f"The function for the credential {name!r} told no text."
            raise MissingKeyError(msg, provider=self._info.name)
        return told

    def _fresh(self, stale: Secret | None = None) -> Secret | None:
        """The token that was bought and can still be shown, or None."""
        token = self._token
        if token is None or (stale is not None and token.secret is stale):
            return None
        return token.secret if token.until is None or self._now() < token.until else None

    def _bought(
        self, scheme: OAuthClientCredentials, held: Held
    ) -> Generator[Step, Secret | Response | None, Secret]:
        start = self._now()
        with _named(self._info.name):
            agent = (("User-Agent", USER_AGENT),)
            asked = token_request(scheme, held, self._account.settings, agent)
        try:
            reply = yield Purchase(request=self._routed(asked.request))
        except TransportError as error:
            msg = f"No token could be had, so nothing was sent: {error.message}"
            raise NotSentError(msg, provider=self._info.name) from error
        if not isinstance(reply, Response):
            msg = "the driver owes a Response"
            raise TypeError(msg)
        token = _read(reply, start) if reply.status == _OK else None
        if token is None:
            raise self._refused(reply, [*self._secret(held), *asked.derived])
        self._token = token
        return token.secret

    def _refused(self, reply: Response, secrets: Iterable[Secret]) -> TintypeError:
        """Why there is no token; the answer's own words only where they are a code."""
        name, status = self._info.name, reply.status
        code = _code(self.redactor.beside(secrets).body(reply.body))
        told = f" ({code})" if code else ""
        if status in _REPEATABLE or status >= _FIRST_SERVER_ERROR:
            msg = f"No token is sold just now (status {status}{told}), so nothing was sent."
            return NotSentError(msg, provider=name)
        if status in _REFUSED:
            msg = f"No token is sold for these credentials{told}."
            refused = AuthenticationError(msg, status=status, code=code, provider=name)
            return about(refused, advice=advice_on_refusal(self._info, status))
        msg = f"What sells tokens answered with status {status} and no token{told}."
        return ProtocolError(msg, provider=name, billed=Billed.NO)


_OK = 200


def _is_same(secret: Secret, other: Secret) -> bool:
    """Whether two are of one text: who is asked anew often tells the same again."""
    return secret is other or secret.reveal() == other.reveal()


def as_secret(told: object) -> Secret | None:
    """What a function told, hidden; None where it is no text."""
    if isinstance(told, str):
        return Secret(told)
    return told if isinstance(told, Secret) else None


def in_vain() -> NotSentError:
    """The error of an exchange whose time was over before its credential was there."""
    msg = "The credential was not there in time, so nothing was sent."
    return NotSentError(msg)


def _read(reply: Response, bought: datetime) -> _Token | None:
    """The token that an answer holds (RFC 6749, 5.1), or None."""
    body = _object(reply.body)
    token, life = body.get("access_token"), body.get("expires_in")
    kind = body.get("token_type", "bearer")
    bears = isinstance(kind, str) and kind.lower() == "bearer"
    if not isinstance(token, str) or not _TOKEN_TEXT.fullmatch(token) or not bears:
        return None
    return _Token(secret=Secret(token), until=_end(bought, life))


def _end(bought: datetime, life: object) -> datetime | None:
    """Until when a token is shown; None where nobody says: until it is refused."""
    try:
        seconds = float(str(life))
    except ValueError:
        return None
    if not 0 < seconds < _LONGEST_LIFE:
        return None
    return bought + timedelta(seconds=seconds - min(_MARGIN, seconds / 10))


def _code(body: bytes) -> str:
    """The code of a refusal (RFC 6749, 5.2), or ""."""
    code = _object(body).get("error")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = loads(body.decode("utf-8", "replace"))
    except ProtocolError:
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def _named(provider: str) -> Iterator[None]:
    """Errors from here name the provider."""
    try:
        yield
    except TintypeError as error:
        raise of_provider(error, provider) from error.__cause__
