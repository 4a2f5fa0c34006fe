"""The earlier name of frame_buffer."""

from ai_from_scratch.stage.frame_buffer import FrameBuffer as Reel  # noqa: F401
