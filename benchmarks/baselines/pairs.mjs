// Who talks to whom in a bare relay: strangers are paired as they come.

export class Pairs {
  #waiting = null;
  #others = new Map();
  #tell;

  /** @param {(stranger: any, what: "matched" | "ended", seat?: number) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  other(stranger) {
    return this.#others.get(stranger);
  }

  find(stranger) {
    this.leave(stranger);
    const other = this.#waiting;
    if (other === null) {
      this.#waiting = stranger;
      return;
    }
    this.#waiting = null;
    this.#others.set(stranger, other);
    this.#others.set(other, stranger);
    this.#tell(other, "matched", 1);
    this.#tell(stranger, "matched", 2);
  }

  leave(stranger) {
    if (this.#waiting === stranger) this.#waiting = null;
    const other = this.#others.get(stranger);
    if (other === undefined) return;
    this.#others.delete(stranger);
    this.#others.delete(other);
    this.#tell(other, "ended");
  }
}
