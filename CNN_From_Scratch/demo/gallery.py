"""The list of chapter 6's finished pictures: the data of each one, and the caption that says what to look for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import paint
from ai_from_scratch.stage.demo import Picture
from CNN_From_Scratch.demo import deciding_pixels, evidence, looking_inside, mistakes, pictures
from CNN_From_Scratch.demo.heldout import DIGITS_IN_CLOUD

if TYPE_CHECKING:
    from CNN_From_Scratch.demo.demo import Demo

DIGITS_SEARCHED = 1000      # test digits that are searched for patches


def finished_pictures(demo: Demo) -> Iterator[Picture]:
    network, classes, test, k = demo.network, demo.classes, demo.digits.test, demo.model.kernel_size
    digit, probabilities, quick = demo.held.X[demo.held.watched], demo.test_probabilities(), demo.settings.quick
    yield Picture("saliency.png", partial(saliency, demo=demo),
                  "Which pixels decide? At each pixel the colour shows how far the logit of the answer falls when the "
                  "5 × 5 pixels around it are erased (occlusion). In the frame it falls most. "
                  "Beside it, from above: the digit without these pixels, and three maps of derivatives of the same "
                  "logit, which do not erase anything. At the right: other digits, with occlusion. Where a pixel is "
                  "violet, the logit rises.", (8, 6.4), dark=True)
    yield Picture("filters.png", partial(pictures.filters, before=demo.first_kernels, now=demo.kernels(),
                                         epochs=demo.epochs()),
                  "Kernels of the first layer: ink at green raises the output, ink at violet lowers it. Each kernel "
                  "(column) has its own scale; start + difference = end. Smooth is the part of all kernels that a "
                  "plane or a parabola explains. Look for bars and edges in the difference: they are what the digits "
                  "added to the noise.", (8, 4.2))
    yield Picture("kernel_patches.png", partial(looking_inside.kernel_patches, network=network, image=digit,
                                                images=test.X[:DIGITS_SEARCHED]),
                  "Each kernel of the first layer, its map of one digit (before pooling), and the nine patches of "
                  f"{min(DIGITS_SEARCHED, len(test.y)):,} test digits, at most one of a digit, for which its sum is "
                  "largest. Look for what the nine have in common: a direction, a corner, an end. Violet in a map is "
                  "below 0 (without the bias).",
                  (8, 3.4))
    yield Picture("feature_maps.png", partial(pictures.feature_maps, network=network, image=digit, classes=classes),
                  "One digit in the network's layers; darker is stronger. Look in the first maps for the strokes to "
                  "which each kernel responds. The last maps show only roughly where something is. The layers after "
                  "them have no places, only values.", (8, 3.5))
    yield Picture("receptive_field.png", partial(looking_inside.receptive_field, network=network, image=digit,
                                                 images=test.X[:DIGITS_SEARCHED]),
                  "One number of the last maps, traced back: everything that it depends on is in the frames. "
                  "Right: the nine patches, at most one of a digit, for which the numbers of that last map are "
                  "largest.", (8, 2.7))
    yield Picture("training.png", partial(pictures.curves, history=demo.history, judged=demo.judged,
                                          per_epoch=demo.per_epoch, rates=demo.rates),
                  "The learning rate rises until 30 % of the steps and falls almost to 0 at the end (one cycle, "
                  "below). With the small steps at the end the loss falls further and the accuracy stops jumping. "
                  "Pale: the mean loss of a few mini-batches; dark, and in the title: the running mean of these. "
                  "Half-way: the mean of five evaluations.", (8, 4.2))
    yield Picture("predictions.png", partial(pictures.predictions, images=test.X, true=test.y,
                                             probabilities=probabilities, classes=classes),
                  "Above: test digits and the network's answers. Below: its most confident mistakes, each with its "
                  "label, the answer, and the answer's probability. Look which of them you would read "
                  "differently.", (8, 6))
    yield Picture("confusion.png", partial(confusion, demo=demo),
                  "All test digits by label and answer; mistakes are off the diagonal. Some pairs are confused in both "
                  "directions, some only in one.", (6, 5.4))
    yield Picture("hidden_layer.png", partial(evidence.apart, moments=demo.hidden, classes=classes,
                                              labels=demo.held.y[:DIGITS_IN_CLOUD], logits=demo.logits),
                  f"{min(DIGITS_IN_CLOUD, len(demo.held.y))} held-out digits as points. Above: the last hidden layer "
                  "on the two axes of largest spread at the end. The percentages say how far all its units together "
                  "move the classes apart; two axes show only a part of it. Below, at the end: the three pairs that "
                  "lie closest above, each on the axis on which the last layer compares them. The black line is the "
                  "boundary between the two.", (8, 5))
    contest = (evidence.Contest(demo.digits, demo.model, learn=500, judge=100, epochs=2) if quick
               else evidence.Contest(demo.digits, demo.model))
    yield Picture("shifts.png", partial(evidence.against_shift, contest=contest),
                  "Accuracy on digits that were moved. Pooling tolerates a shift of a pixel, training on moved digits "
                  "(this CNN, which learnt from all the digits) more. A dense network and nearest "
                  "neighbours compare pixel by pixel, and fail first.", (8, 3.8))
    yield Picture("one_pixel.png", partial(pictures.one_pixel, network=network, image=digit),
                  f"One output pixel of a convolution: the window's {k * k} pixels times the kernel's {k * k} "
                  "weights, summed. The same kernel is applied at all places. Its map is green where the digit looks "
                  "like the kernel, violet where it looks like the kernel's opposite. The numbers are rounded to two "
                  "decimals before they are multiplied. The layer gets pixels that are divided so that their root mean "
                  "square is 1.", (8, 2))
    yield Picture("mistakes.png", partial(mistakes.mistakes, digits=demo.digits.train, seed=demo.settings.seed,
                                          smooth=pictures.running_mean),
                  "The training loss of a small CNN with one wrong line (red, the line in the title) beside the "
                  "right one (dashed). At first the loss falls with every one of them. A gradient check finds the "
                  "first two; the third computes the right gradient.", (8, 2.8))
    yield Picture("side_by_side.png", pictures.side_by_side,
                  "Convolution and pooling in one layer, with engine='fast'. The 5 × 5 windows of two neighbours fit "
                  "into 5 × 6 pixels. Two rows of one matrix hold the kernel K at the left and at the right. Their "
                  "products with the pixels, summed, are both outputs (blue: left, brown: right). The numbers of the "
                  "cell are an example; the largest is kept.", (8, 2.5))


def saliency(figure: Figure, demo: Demo) -> None:
    hero, others = deciding_pixels.some_digits(demo.network, *demo.digits.test, demo.test_probabilities(), demo.classes,
                                               np.random.default_rng(demo.settings.seed))
    deciding_pixels.saliency(figure, demo.network, hero, others, demo.classes)


def confusion(figure: Figure, demo: Demo) -> None:
    true, said, classes = demo.digits.test.y, demo.test_probabilities().argmax(axis=1), demo.classes
    ax = figure.add_subplot()
    paint.confusion(ax, true, said, classes)
    ax.set_title(paint.most_confused(paint.confusion_counts(true, said, len(classes)), classes, "digits"), fontsize=10)
