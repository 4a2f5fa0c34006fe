// <afs-images>: small pictures in rows, with a name beneath those that have one.
import { Drawn, FONT } from "../canvas.js";

const EDGE = 16;                           // pixels around the pictures

class AfsImages extends Drawn {
  show(payload) {
    this.payload = payload;
    this.describe(`${this.view.what} ${payload.images.length} pictures. ${payload.names.filter(Boolean).join(", ")}.`);
    this.paint();
  }

  draw(context, width, height, colour) {
    const { images, names } = this.payload;
    if (!images.length) {
      context.font = `15px ${FONT}`;
      context.fillStyle = colour.muted;
      context.fillText("Nothing to show yet.", EDGE, 24);
      return;
    }
    [width, height] = [width - 2 * EDGE, height - EDGE];
    const foot = names.some(Boolean) ? 18 : 4, gap = 6;
    let across = 1, side = 0;
    for (let count = 1; count <= images.length; count++) {           // the number of columns that gives the largest images
      const rows = Math.ceil(images.length / count);
      const fits = Math.min((width - gap * (count - 1)) / count, (height - (foot + gap) * rows) / rows);
      if (fits > side) [across, side] = [count, fits];
    }
    this.buffer ||= document.createElement("canvas");
    images.forEach((image, index) => {
      const [rows, columns] = image.shape;
      const picture = new ImageData(columns, rows);
      for (let at = 0; at < rows * columns; at++) {
        const shade = colour.dark ? image[at] : 255 - image[at];
        picture.data.set([shade, shade, shade, 255], 4 * at);
      }
      [this.buffer.width, this.buffer.height] = [columns, rows];
      this.buffer.getContext("2d").putImageData(picture, 0, 0);
      const x = EDGE + (index % across) * (side + gap), y = 4 + Math.floor(index / across) * (side + gap + foot);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.buffer, x, y, side, side);
      context.strokeStyle = colour.line;
      context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
      if (names[index]) {
        context.font = `12px ${FONT}`;
        context.textAlign = "center";
        context.fillStyle = colour.muted;
        context.fillText(names[index], x + side / 2, y + side + 14);
      }
    });
  }
}

customElements.define("afs-images", AfsImages);
