"""Videos made anew so that every phone plays them: H.264 and AAC in an MP4 whose index stands in front."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from hub.errors import TooLarge, WrongInput

SIDE = 1280  # pixels of the longer side
RATE = 30  # frames a second at most
PIXELS = 40_000_000  # of one frame: 8K has 33 million
SECONDS = 900
# a keyframe every two seconds: that far a player must read on when somebody jumps
VIDEO = {"preset": "veryfast", "crf": "26", "profile": "main", "g": str(2 * RATE), "threads": "1"}
TURNS = {90: "cclock", -90: "clock"}  # degrees against the clock, as the file's own note says it is to be shown


def make_playable(source: BinaryIO, target: Path, progress: Callable[[int], None]) -> None:
    """Every frame is decoded and encoded anew: nothing of the old file is carried over, neither its place nor a defect.

    target: a file of this machine, as its index is moved to the front in the end. progress: told 0 to 100, now and then.
    Raises WrongInput, TooLarge."""
    import av

    try:
        with av.open(source) as old, av.open(target, "w", "mp4", options={"movflags": "+faststart"}) as new:
            _check(old)
            _transcode(old, new, progress)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise WrongInput("This video cannot be read.", "It may have been cut off. Please send it again.") from error


def _check(old: Any) -> None:
    if not old.streams.video:
        raise WrongInput("There is no picture in this video.", "Nothing was stored.")
    stream = old.streams.video[0]
    if stream.width * stream.height > PIXELS:
        raise TooLarge("The video has too many pixels.", "Nothing was stored. 1920 by 1080 are enough.")
    if _seconds(old) > SECONDS:
        raise TooLarge("The video is longer than 15 minutes.", "Nothing was stored. Send it in parts.")


def _seconds(old: Any) -> float:
    return float(old.duration or 0) / 1_000_000


def _transcode(old: Any, new: Any, progress: Callable[[int], None]) -> None:
    """Packets in the order they lie in, sound beside picture, so that neither has to be held."""
    import av

    picture = _Picture(old.streams.video[0], new)
    sound = _Sound(new) if old.streams.audio else None
    whole, told, shown = _seconds(old), 0, 0
    for packet in old.demux([old.streams.video[0], *old.streams.audio[:1]]):
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                new.mux(picture.take(frame))
                shown += 1
            elif sound is not None:
                new.mux(sound.take(frame))
            share = min(99, int(100 * (frame.time or 0) / whole)) if whole else 0
            if share > told:
                told = share
                progress(share)
    if not shown:
        raise WrongInput("There is no picture in this video.", "Nothing was stored.")
    new.mux(picture.end())
    new.mux(sound.end() if sound is not None else [])


class _Picture:
    """Turned upright, at most SIDE pixels and RATE frames a second; the encoder is opened with the first frame's shape."""

    def __init__(self, old: Any, new: Any) -> None:
        self.old = old
        rate = min(Fraction(RATE), Fraction(old.average_rate or RATE))
        self.stream = new.add_stream("libx264", rate=rate)
        self.stream.pix_fmt = "yuv420p"
        self.stream.options = dict(VIDEO)
        self.stream.time_base = Fraction(1, 90_000)
        self.graph: Any = None

    def take(self, frame: Any) -> list[Any]:
        if self.graph is None:
            self.graph = self._open(frame)
        self.graph.push(frame)
        return [packet for shown in self._pulled() for packet in self.stream.encode(shown)]

    def end(self) -> list[Any]:
        self.graph.push(None)
        left = [packet for shown in self._pulled() for packet in self.stream.encode(shown)]
        return [*left, *self.stream.encode(None)]

    def _pulled(self) -> Iterator[Any]:
        import av

        while True:
            try:
                shown = self.graph.pull()
            except (BlockingIOError, av.EOFError):
                return
            shown.pict_type = 0
            yield shown

    def _open(self, frame: Any) -> Any:
        from av.filter import Graph

        graph = Graph()
        turn = round(frame.rotation) if frame.rotation else 0
        across = turn in TURNS
        wide, high = (frame.height, frame.width) if across else (frame.width, frame.height)
        scale = min(1.0, SIDE / max(wide, high))
        self.stream.width, self.stream.height = (max(2, int(side * scale) // 2 * 2) for side in (wide, high))
        chain = [graph.add_buffer(template=self.old, time_base=self.old.time_base)]
        if across:
            chain.append(graph.add("transpose", f"dir={TURNS[turn]}"))
        elif abs(turn) == 180:
            chain += [graph.add("hflip"), graph.add("vflip")]
        chain += [
            graph.add("fps", f"fps={self.stream.average_rate or RATE}"),
            graph.add("scale", f"{self.stream.width}:{self.stream.height}"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*chain).configure()
        return graph


class _Sound:
    """AAC in stereo."""

    def __init__(self, new: Any) -> None:
        from av.audio.resampler import AudioResampler

        self.stream = new.add_stream("aac", rate=48_000)
        self.resampler = AudioResampler(format="fltp", layout="stereo", rate=48_000)

    def take(self, frame: Any) -> list[Any]:
        return [packet for one in self.resampler.resample(frame) for packet in self.stream.encode(one)]

    def end(self) -> list[Any]:
        left = [packet for one in self.resampler.resample(None) for packet in self.stream.encode(one)]
        return [*left, *self.stream.encode(None)]
