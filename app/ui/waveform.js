// The waveform of a recording on a canvas: a bar for every three pixels, what has been played in the accent's colour.
class Waveform {
  constructor(canvas, peaks) {
    this.canvas = canvas;
    this.peaks = peaks;
  }

  // `played` is a share of the whole, 0..1. The two colours are the canvas's text and border.
  draw(played) {
    const { canvas, peaks } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext('2d');
    context.scale(scale, scale);
    const { color, borderLeftColor } = getComputedStyle(canvas);
    const bars = Math.floor(width / 3);
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar / bars) * peaks.length);
      const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * peaks.length));
      const peak = Math.max(0.02, ...peaks.slice(from, to));
      context.fillStyle = bar / bars < played ? borderLeftColor : color;
      context.fillRect(bar * 3, (height * (1 - peak)) / 2, 2, height * peak);
    }
  }
}
