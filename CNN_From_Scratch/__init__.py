"""Chapter 6, a convolutional neural network.  documentation/cnn.md

In reading order: windows (the stride tricks), convolution, pooling, cnn (the whole network), distortion (altered
training images), classifier, saliency.  fast/ computes convolution and pooling in one layer, with the same numbers.
"""

from ai_from_scratch.estimator.images import as_images
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.cnn import CNN, Flatten, Rescale, cnn_layers
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.distortion import bilinear, random_distortion, random_shift
from CNN_From_Scratch.pooling import AveragePool2D, MaxPool2D
from CNN_From_Scratch.saliency import (
    FrozenBatchNorm,
    Saliency,
    explain,
    gradient,
    gradient_input,
    inference_layers,
    occlusion,
    smooth_grad,
)
from CNN_From_Scratch.windows import add_up, windows, windows_by_strides

__all__ = [
    "CNN",
    "AveragePool2D",
    "CNNClassifier",
    "Conv2D",
    "Flatten",
    "FrozenBatchNorm",
    "MaxPool2D",
    "Rescale",
    "Saliency",
    "add_up",
    "as_images",
    "bilinear",
    "cnn_layers",
    "explain",
    "gradient",
    "gradient_input",
    "inference_layers",
    "occlusion",
    "random_distortion",
    "random_shift",
    "smooth_grad",
    "windows",
    "windows_by_strides",
]
