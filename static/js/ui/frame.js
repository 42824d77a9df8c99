/** What a video shows at this moment, as a small picture. */

import { made } from "./element.js";

const SIDE = 640;

/**
 * Return the picture, or null when there is none.
 *
 * @param {HTMLVideoElement} video
 * @param {number} [side] of the longer one, at most
 */
export function frameOf(video, side = SIDE) {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = made("canvas");
  const brush = canvas.getContext("2d");
  if (width === 0 || height === 0 || brush === null) return null;
  const scale = Math.min(1, side / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  brush.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob | null>}
 */
export function jpegOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}
