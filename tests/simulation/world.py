"""One simulated world: processes that buy pictures, and everything that goes wrong meanwhile.

A world follows from its seed alone. Time is a heap of what is due; a process performs its calls
effect by effect, and may be killed before or behind any of them.
"""

from __future__ import annotations

import heapq
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from attrs import evolve
from tests.simulation import faults
from tests.simulation.actors import Call, Post, Process, Run
from tests.simulation.asks import Ask, End, Said
from tests.simulation.book import Book, Paper
from tests.simulation.faults import Fault
from tests.simulation.meeting import BEGAN, Line, on_disk
from tests.simulation.notes import Notes
from tests.simulation.plots import HOOK
from tests.simulation.stage import Stage
from tests.simulation.studio import Studio, Work

from tintype import Budget, Generation, Task
from tintype.errors import DroppedError, TintypeError
from tintype.journal import JournalRecord, NoJournal
from tintype.spending import Spent

_MAX_EFFECTS = 20_000
_SOON = 0.001


class World:
    """A world, until it has come to rest.

    Args:
        stage: What all worlds share: the plugins, the documents, a folder.
        seed: What it follows from.
        kind: Its journal: `book` for the model, `disk` for the real one on SQLite, `none`; left
            out it follows from the seed.
        trace: Told of everything that happens.
    """

    def __init__(
        self,
        stage: Stage,
        seed: int,
        *,
        kind: str = "",
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.seed = seed
        self.dice = dice = Random(seed)  # noqa: S311 - it guards nothing
        self.now = 0.0
        self.calls: list[Call] = []
        self.stage = stage
        self.calm = False
        self.records: dict[str, JournalRecord] = {}
        self.spent: Spent | None = None  # as the real journal tells it
        self.full = False
        self.folder = stage.folder / f"w{seed}"
        self.kind = kind or dice.choices(("book", "none", "disk"), (89.0, 9.5, 1.5))[0]
        self.studio = Studio(stage.scripts, dice, stage.asides)
        self.notes = Notes(self.studio, lambda: self.now, trace)
        self.processes: list[Process] = []
        self.book = Book(self._lives, self.today)
        self.rate = dice.choice((0.0, 0.1, 0.1, 0.3, 0.6))
        self.deaths = dice.choice((0.0, 0.2, 0.7))
        self.hooked = dice.random() < 0.4
        self.budgets = self._budgets() if self.kind != "none" else ()
        self._names = dice.sample(sorted(stage.scripts), dice.randint(1, 3))
        self._heap: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._turn = count()
        self._nonces = count(1)
        self._effects = 0

    def _budgets(self) -> tuple[Budget, ...]:
        if self.dice.random() > 0.3:
            return ()
        usd = self.dice.choice(("0.03", "0.05", "0.1", "0.2"))
        return (Budget(usd=usd, period="ever"),)

    def today(self) -> datetime:
        """What time it is."""
        return BEGAN + timedelta(seconds=self.now)

    def _lives(self, name: str) -> bool:
        return any(each.name == name and each.alive for each in self.processes)

    # ------------------------------------------------------------------------- running

    def run(self) -> None:
        """Let everything happen, then let a last process finish what is left."""
        one_by_one = self.kind != "book"
        for number in range(self.dice.randint(1, 3)):
            at = number * (1e5 if one_by_one else self.dice.uniform(0, 60.0))
            self._at(at, self._begin)
        self._play()
        self._settle()
        if self.folder.exists():
            self.notes.check_files(self.folder)
            shutil.rmtree(self.folder)

    def _play(self) -> None:
        while self._heap:
            self.now, _, act, arguments = heapq.heappop(self._heap)
            act(*arguments)
            if self._effects > _MAX_EFFECTS:
                self.notes.wrong("endless", "it does not come to rest")
                return

    def _settle(self) -> None:
        """A last process without faults resumes whatever is left; twice, to find that out."""
        self.calm = True
        for process in self.processes:
            self._end(process)
        self.now += 1000.0
        for _ in range(2 if self.kind != "none" else 0):
            process = self._process()
            self._resume(process)
            self._play()
            self.records = {each.id: each for each in process.desk.journal.records()}
            if self.kind == "disk":
                self.spent = process.journal.spent().total
            self._end(process)

    def _at(self, at: float, act: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self._heap, (at, next(self._turn), act, arguments))

    def _strikes(self, kinds: tuple[Fault, ...]) -> Fault | None:
        if self.calm or self.dice.random() >= self.rate:
            return None
        fault = self.dice.choices(kinds, [each.weight for each in kinds])[0]
        self.notes.happened[fault.name] += 1
        return fault

    def _luck(self, name: str, chance: float) -> bool:
        """Whether something happens that is no exchange's fault."""
        if self.calm or self.rate == 0.0 or self.dice.random() >= chance:
            return False
        self.notes.happened[name] += 1
        return True

    # ----------------------------------------------------------------------- processes

    def _process(self) -> Process:
        name = f"p{len(self.processes)}"
        match self.kind:
            case "none":
                journal: object = NoJournal()
            case "disk":
                journal = on_disk(self.stage.database(self.folder), name)
            case _:
                journal = Paper(self.book, name)
        desk = self.stage.desk.seated(lambda: self.now, journal, self.budgets)
        desk.conversations.nonce = lambda: f"n{next(self._nonces)}"
        desk.conversations.width = self.dice.choice((1, 2, 5))
        process = Process(name=name, desk=desk, journal=journal)
        self.processes.append(process)
        return process

    def _begin(self) -> None:
        """A process begins: it resumes, perhaps, and buys."""
        process = self._process()
        if self.dice.random() < self.deaths:
            process.fuse = self.dice.randint(0, 30)
            process.gently = self.dice.random() < 0.25
        self.notes.say(process.name, "begins")
        if self.processes[:-1] and self.dice.random() < 0.5 and self.kind != "none":
            self._resume(process)
        for _ in range(self.dice.randint(1, 2)):
            self._at(self.now + self.dice.uniform(0, 5.0), self._buy, process)

    def _end(self, process: Process) -> None:
        """A process is no more. Nothing that it was at work on is heard of again."""
        if not process.alive:
            return
        process.alive = False
        for run in process.runs:
            if run.call is not None and run.call.end is None:
                run.call.cut = True
                for work in run.call.works:
                    work.excuse = work.excuse or "its process ended"
        if self.kind == "disk":
            process.journal.close()

    def _fuse(self, process: Process) -> bool:
        """Whether a process dies now."""
        if process.fuse is None or self.calm:
            return False
        process.fuse -= 1
        if process.fuse >= 0:
            return False
        self.notes.happened["interrupted" if process.gently else "killed"] += 1
        self.notes.say(process.name, "is interrupted" if process.gently else "is killed")
        lines = (
            [end for run in process.runs for end in run.line.interrupt()] if process.gently else []
        )
        self._end(process)
        for line in lines:
            ask = line.step()
            if isinstance(ask, Ask) and ask.kind == "send":
                self.studio.question(ask, line.provider, line.wire, self.now, None)
        if self._effects < _MAX_EFFECTS // 2 and self.dice.random() < 0.5:
            self._at(self.now + self.dice.uniform(0.1, 60.0), self._begin)
        return True

    # ------------------------------------------------------------------------ the calls

    def _buy(self, process: Process) -> None:
        """Somebody asks for a picture."""
        if not process.alive:
            return
        dice = self.dice
        script = self.stage.scripts[dice.choice(self._names)]
        plot = dice.choice(dice.choices(script.shelves, script.weights)[0])
        way = "draw" if plot.asked.stream else dice.choice(("generate", "generate", "submit"))
        alone = way != "generate" or not plot.alone or dice.random() < 0.7
        call = Call(
            number=len(self.calls),
            plot=plot,
            way=way,
            parts=1 if alone else dice.randint(2, 3),
            then=dice.choice(("fetch", "save", "")),
            most=Decimal(dice.choice(("0.02", "0.05", "0.1"))) if dice.random() < 0.2 else None,
            hook=self.hooked,
        )  # fmt: skip
        self.calls.append(call)
        request = evolve(
            plot.asked,
            prompt=f"picture {call.number} of {self.seed}",
            n=plot.asked.n * call.parts,
            webhook_url=HOOK if self.hooked and plot.asked.webhook_url else None,
        )
        talk = process.desk.conversations.of(plot.provider)
        if way == "generate":
            flow = talk.generate(request, call.most)
        else:
            call.most = None
            flow = talk.draw(request) if way == "draw" else talk.submit(request)
        self.notes.say(process.name, way, plot.provider, plot.story, "for call", call.number)
        self._start(process, plot.provider, flow, call, self._bought)

    def _start(
        self,
        process: Process,
        provider: str,
        flow: object,
        call: Call | None,
        ended: Callable[[Run, End], None],
        record: str = "",
    ) -> None:
        line = Line(process.desk, provider, flow, record)
        self._go_on(Run(line=line, process=process, call=call, ended=ended))

    def _go_on(self, run: Run) -> None:
        run.process.runs.append(run)
        self._advance(run, None)

    def _bought(self, run: Run, end: End) -> None:
        """A call came to its end, or a submission to its task."""
        call, process = run.call, run.process
        assert call is not None
        self._take(call, end)
        result = end.result
        if call.way == "submit" and isinstance(result, Task) and not result.state.terminal:
            call.way = "wait"
            flow = process.desk.conversations.of(result.provider).wait(result)
            self._start(process, result.provider, flow, call, self._bought, result.record)
            return
        call.end = end
        self._use(call, process, result)
        if self.dice.random() < 0.3 and len(self.calls) < 8:
            self._at(self.now + self.dice.uniform(0.1, 20.0), self._buy, process)

    def _use(self, call: Call, process: Process, result: object) -> None:
        """What the caller does with pictures: nothing, or have their bytes, or save them."""
        if not isinstance(result, Generation | Task) or not result.images:
            return
        if call.then == "save":
            flow = process.desk.results.saving(
                result, call.plot.provider, self.folder, None, overwrite=False
            )
            self._start(process, call.plot.provider, flow, None, self._done)
        elif call.then == "fetch":
            flow = process.desk.results.fetching(result.images[0], call.plot.provider)
            self._start(process, call.plot.provider, flow, call, self._fetched)

    def _fetched(self, run: Run, end: End) -> None:
        self._done(run, end)
        if isinstance(end.result, bytes):
            self.notes.check_bytes(end.result, run.call)

    def _done(self, run: Run, end: End) -> None:
        """A flow of no call's own has ended; no error of it may be a stranger's."""
        del run
        self.notes.check_error(end)

    def _resume(self, process: Process) -> None:
        """A process finishes what the journal says is open."""
        records = process.desk.claims.claimed(())
        ids = [record.id for record in records]
        provider = records[0].provider if records else ""

        def ended(run: Run, end: End) -> None:
            self._resumed(run, end)
            process.desk.claims.left(ids)

        flow = process.desk.results.resuming(records, self.folder)
        self._start(process, provider, flow, None, ended)

    def _resumed(self, run: Run, end: End) -> None:
        self._done(run, end)
        for each in end.result or ():
            if each.record.task is not None:
                self.notes.check_record(each.record.task, each.record.id)

    def _take(self, call: Call, end: End) -> None:
        """The caller is given what came of a call."""
        self.notes.check_error(end)
        for task in end.tasks:
            self.notes.check_call(call, task)
            self.notes.check_record(task, task.record)

    # ------------------------------------------------------------------------- effects

    def _advance(self, run: Run, said: Said) -> None:
        """Go on with a flow until it has to wait."""
        while run.process.alive and run in run.process.runs:
            ask = run.line.step(said)
            self._effects += 1
            if isinstance(ask, End):
                run.process.runs.remove(run)
                self.notes.say(run.process.name, "ends:", ask)
                run.ended(run, ask)
                return
            if self._fuse(run.process):
                return
            if ask.kind != "write":
                self._wait(run, ask)
                return
            said = self._write(run, ask)
            if self._fuse(run.process):
                return
            if self.dice.random() < 0.1:  # somebody else is first
                self._at(self.now + _SOON, self._advance, run, said)
                return

    def _write(self, run: Run, ask: Ask) -> Said:
        if self.kind == "book" and self._luck("the disk is full", 0.004):
            self.full = True
            run.process.journal.fails = True
        try:
            said: Said = run.line.write()
        except TintypeError as error:
            said = error
        if self.kind == "book":
            run.process.journal.fails = False
        self.notes.say(run.process.name, "writes", ask.note, said)
        if ask.note == "intent":
            run.record, run.fresh = (said if isinstance(said, str) else ""), True
        if ask.note == "snapshot" and run.post is not None:
            run.post.kept = True
        return said

    def _wait(self, run: Run, ask: Ask) -> None:
        """Have an effect happen in its time."""
        match ask.kind:
            case "pause":
                self._at(self.now + ask.seconds, self._advance, run, None)
            case "next":
                self._next(run)
            case "together":
                run.pieces = []
                self._spread(run)
            case "send" if ask.paid:
                self._post(run, ask)
            case "send":
                fault = self._strikes(faults.LOOK)
                reply = self.studio.question(ask, run.line.provider, run.line.wire, self.now, fault)
                self.notes.say(run.process.name, ask.method, ask.url, fault, reply.said)
                self._at(self.now + reply.after, self._advance, run, reply.said)
            case "read":
                kept = self.book.kept.get(ask.url)
                self._at(self.now, self._advance, run, kept or Path(ask.url).read_bytes())
            case _:
                reply = self.studio.result(ask, self._strikes(faults.RESULT))
                self._at(self.now + reply.after, self._advance, run, reply.said)

    def _spread(self, run: Run) -> None:
        """Begin what is due of what is done side by side, or go on once all of it is done."""
        if run.pieces is None or not run.process.alive:
            return
        while (pause := run.line.together.work.pause()) == 0 and len(
            run.pieces
        ) < run.line.together.width:
            ended = partial(self._piece_done, run)
            piece = Run(line=run.line.beside(), process=run.process, call=run.call, ended=ended)
            run.pieces.append(piece)
            self._go_on(piece)
            if run.pieces is None or not run.process.alive:
                return
        if pause:
            self._at(self.now + pause, self._spread, run)
        elif pause is None and not run.pieces:
            run.pieces = None
            self._advance(run, None)

    def _piece_done(self, run: Run, piece: Run, end: End) -> None:
        if run.pieces is None:
            return
        run.pieces.remove(piece)
        if end.error is None:
            self._at(self.now, self._spread, run)
            return
        for each in run.pieces:
            each.line.interrupt()
            run.process.runs.remove(each)
        run.pieces = None
        self._advance(run, end.error)

    def _next(self, run: Run) -> None:
        said: Said = None
        if run.arrives is not None:
            run.arrives -= 1
            said = DroppedError("simulated") if run.arrives < 0 else None
        self._at(self.now + 0.3, self._advance, run, said)

    def _post(self, run: Run, ask: Ask) -> None:
        """A submission leaves."""
        call = run.call
        assert call is not None
        kinds = faults.SUBMISSION + (faults.STREAM * 2 if call.plot.submit.events else ())
        fault = self._strikes(kinds)
        before = run.post
        again = before is not None and before.key == ask.key != ""
        if not (run.fresh or again):
            self.notes.wrong(
                "unwritten", f"a submission of call {call.number} left without an intent"
            )
        if before is not None and not (again or before.kept or before.clear):
            self.notes.wrong(
                "sent again", f"call {call.number}, whose last submission may be charged"
            )
        clear = fault is not None and fault.clear
        if again and before is not None:
            self.notes.happened["sent again by its key"] += 1
            clear = clear and before.clear
        run.fresh, run.post = False, Post(clear=clear, key=ask.key)
        call.posts.append(run.post)
        self.notes.say(run.process.name, "submits for call", call.number, fault)
        self._at(self.now + self.dice.uniform(0.0, 0.5), self._arrive, run, ask, fault)

    def _arrive(self, run: Run, ask: Ask, fault: Fault | None) -> None:
        """A submission arrives; its process may be dead by now."""
        call = run.call
        assert call is not None
        work: Work | None = None
        if fault is None or fault.acts:
            hook = _hook(ask)
            known = self.studio.known(ask.key, self.now)
            work = known or self.studio.accept(
                call.plot, run.record, call.number, hook, self.now, ask.key
            )
            spoilt = fault is not None and fault.spoils
            work.excuse = fault.name if spoilt and fault else "" if run.process.alive else "killed"
            self.notes.say(call.plot.provider, "accepts", work.id, "for record", run.record)
            if known is None:
                call.works.append(work)
            if known is None and hook and call.plot.webhook:
                self._promise(work)
        reply = self.studio.submission(ask, call.plot, work, fault)
        run.arrives = reply.arrives
        self._at(self.now + reply.after, self._advance, run, reply.said)

    # ------------------------------------------------------------------------- webhooks

    def _promise(self, work: Work) -> None:
        """A provider will call back: once, or as a fault has it."""
        fault = ""
        if self._luck("a webhook's fault", self.rate):
            fault = self.dice.choice(faults.WEBHOOK)
            self.notes.happened[f"a webhook that is {fault}"] += 1
        for at, url, body in self.studio.deliveries(work, fault, self.now):
            self._at(at, self._call_back, work, url, body)

    def _call_back(self, work: Work, url: str, body: bytes) -> None:
        """A webhook reaches whichever process lives, or none."""
        living = [each for each in self.processes if each.alive]
        if not living:
            return
        process = self.dice.choice(living)
        self.notes.say(process.name, "hears of", work.id, "at", url)
        try:
            line = process.desk.hear(work.plot.provider, body, url)
        except TintypeError as error:
            self.notes.say(process.name, "turns it away:", error)
            return
        self._go_on(Run(line=line, process=process, call=None, ended=self._heard))

    def _heard(self, run: Run, end: End) -> None:
        self._done(run, end)
        for task in end.tasks if end.error is None else ():
            self.notes.check_record(task, task.record)


def _hook(ask: Ask) -> str:
    """The address that a submission names to be called back at."""
    return next((v for v in ask.value.values() if isinstance(v, str) and v.startswith(HOOK)), "")
