import { parentPort } from 'node:worker_threads';
import { phonesPicture } from './phones-picture.js';
import type { PictureData } from './picture.schema.js';
import { pitchPicture } from './pitch-picture.js';
import { rubricPicture } from './rubric-picture.js';
import { trendPicture } from './trend-picture.js';
import { waveformPicture } from './waveform-picture.js';

export interface PictureAnswer {
  /** Left out where there is nothing to draw. */
  readonly svg?: string | undefined;
  readonly failed?: string;
}

// One at a time: an answer is to the request before it.
parentPort!.on('message', (data: PictureData) => parentPort!.postMessage(answerTo(data)));

function answerTo(data: PictureData): PictureAnswer {
  try {
    return { svg: draw(data) };
  } catch (error) {
    return { failed: String(error) };
  }
}

function draw(data: PictureData): string | undefined {
  switch (data.name) {
    case 'rubric':
      return rubricPicture(data.assessment);
    case 'phones':
      return phonesPicture(data.assessment);
    case 'pitch':
      return pitchPicture(data.assessment);
    case 'waveform':
      return waveformPicture(data.assessment, data.envelope);
    case 'trend':
      return trendPicture(data.weeks);
  }
}
