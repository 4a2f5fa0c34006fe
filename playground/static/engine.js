// The engine behind the page: a socket to the Python on this machine.  Messages: playground/session.py.
import { decode } from "./message.js";

export class LocalEngine {
  constructor(onMessage, onState) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.known = new Map();
    this.connect();
  }

  connect() {
    const address = new URL("socket", location.href);
    address.protocol = "ws:";
    address.hash = address.search = "";
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.onState("open");
    this.socket.onclose = (event) => this.onState("closed", event.code);
    this.socket.onmessage = (event) => this.onMessage(decode(event.data, this.known));
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
