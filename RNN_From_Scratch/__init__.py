"""Chapter 7, a recurrent network that writes Hamlet.

In reading order: text, cell (the common part of the three cells), rnn, lstm, gru, network, sampling, generation; then
the model built from these: language_model, checkpoint, char_rnn (the training loop); and baselines to compare with.
"""

from RNN_From_Scratch.baselines import COMPRESSORS, NGrams, baselines, compressed_bits
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.checkpoint import CheckpointError
from RNN_From_Scratch.gru import GRU
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.lstm import LSTM
from RNN_From_Scratch.network import CELLS, CharNetwork
from RNN_From_Scratch.rnn import Embedding, Recurrence
from RNN_From_Scratch.sampling import draw, probabilities
from RNN_From_Scratch.text import Chunk, Vocabulary, VocabularyError, chunks, streams

__all__ = [
    "CELLS",
    "COMPRESSORS",
    "GRU",
    "LSTM",
    "Cell",
    "CharNetwork",
    "CharRNN",
    "CheckpointError",
    "Chunk",
    "Embedding",
    "LanguageModel",
    "NGrams",
    "Recurrence",
    "Vocabulary",
    "VocabularyError",
    "baselines",
    "chunks",
    "compressed_bits",
    "draw",
    "probabilities",
    "streams",
]
