"""Chapter 6: a convolutional neural network, in reading order.  documentation/cnn.md"""

from CNN_From_Scratch.architecture import AtRest, at_rest, layers_for_images
from CNN_From_Scratch.cnn import CNNClassifier
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.convolution_pool import ConvPool2D
from CNN_From_Scratch.distortion import bilinear, random_distortion
from CNN_From_Scratch.images import Flatten, Rescale, as_images, random_shift
from CNN_From_Scratch.pooling import AveragePool2D, MaxPool2D
from CNN_From_Scratch.saliency import Saliency, explain, gradient, gradient_input, occlusion, smooth_grad
from CNN_From_Scratch.windows import add_up, windows, windows_by_strides

__all__ = [
    "AtRest",
    "AveragePool2D",
    "CNNClassifier",
    "Conv2D",
    "ConvPool2D",
    "Flatten",
    "MaxPool2D",
    "Rescale",
    "Saliency",
    "add_up",
    "as_images",
    "at_rest",
    "bilinear",
    "explain",
    "gradient",
    "gradient_input",
    "layers_for_images",
    "occlusion",
    "random_distortion",
    "random_shift",
    "smooth_grad",
    "windows",
    "windows_by_strides",
]
