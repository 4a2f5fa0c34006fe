"""Chapter 7, a recurrent network that writes Hamlet.  In reading order: text, rnn, network, char_rnn, language_model,
sampling, baselines, demo.
"""

from RNN_From_Scratch.baselines import COMPRESSORS, NGrams, baselines, compressed_bits
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CharNetwork
from RNN_From_Scratch.rnn import Embedding, Recurrence
from RNN_From_Scratch.sampling import draw, probabilities
from RNN_From_Scratch.text import Chunk, Vocabulary, VocabularyError, chunks, streams

__all__ = [
    "COMPRESSORS",
    "CharNetwork",
    "CharRNN",
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
