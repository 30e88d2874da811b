import { Injectable } from '@nestjs/common';
import { LONGEST_ASSESSED_SECONDS, type AssessmentJson } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { readAll } from '../media/byte-source.js';
import { DecoderService, PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { HeldBytes } from '../media/held-memory.js';
import { StoredTurns } from '../turns/stored-turns.service.js';
import { TurnAudioService } from '../turns/turn-audio.service.js';
import {
  ASSESSMENT_PICTURES,
  PICTURE_CONTENT_TYPES,
  PICTURE_FORMATS,
  type AssessmentPicture,
  type PictureFormat,
} from './picture.schema.js';
import { PictureRenderer } from './picture-renderer.service.js';
import { soundEnvelope } from './waveform-picture.js';

/** Utterances of live sessions are no longer than what is assessed; 16 kHz mono s16le. */
const MOST_PCM_BYTES = LONGEST_ASSESSED_SECONDS * 1_000 * PCM_BYTES_PER_MS;

export interface PictureCaller {
  readonly tenant: string;
  readonly signal: AbortSignal;
}

/** A picture in an answer of JSON. */
export interface PictureJson {
  readonly name: AssessmentPicture;
  readonly contentType: string;
  readonly base64: string;
}

export interface PictureFile {
  readonly contentType: string;
  readonly content: Buffer;
}

/** Draws assessments: those that are being made, and those of stored turns. */
@Injectable()
export class AssessmentPictures {
  constructor(
    private readonly renderer: PictureRenderer,
    private readonly turns: StoredTurns,
    private readonly audio: TurnAudioService,
    private readonly decoder: DecoderService,
  ) {}

  /** All that can be drawn. @param pcm  16 kHz mono s16le @throws AppError of the renderer */
  async all(
    assessment: AssessmentJson,
    pcm: Buffer,
    format: PictureFormat,
    caller: PictureCaller,
  ): Promise<PictureJson[]> {
    const found: PictureJson[] = [];
    for (const name of ASSESSMENT_PICTURES) {
      const data =
        name === 'waveform' ? { name, assessment, envelope: soundEnvelope(pcm) } : { name, assessment };
      const content = await this.renderer.draw(data, format, caller);
      if (content)
        found.push({ name, contentType: PICTURE_CONTENT_TYPES[format], base64: content.toString('base64') });
    }
    return found;
  }

  /**
   * @param file  name and format: `rubric.svg`
   * @throws AppError turn.not_found, picture.not_found, recording.not_found and recording.not_ready of a waveform, those of the renderer
   */
  async ofTurn(turn: string, file: string, memory: HeldBytes, caller: PictureCaller): Promise<PictureFile> {
    const { name, format } = pictureFileOf(file, ASSESSMENT_PICTURES);
    const { assessment } = await this.turns.get(caller.tenant, turn);
    if (!assessment) throw noPicture('This turn has no assessment.');
    const data =
      name === 'waveform'
        ? { name, assessment, envelope: soundEnvelope(await this.recording(turn, memory, caller)) }
        : { name, assessment };
    const content = await this.renderer.draw(data, format, caller);
    if (!content) throw noPicture('The assessment has nothing that this picture shows.');
    return { contentType: PICTURE_CONTENT_TYPES[format], content };
  }

  private async recording(
    turn: string,
    memory: HeldBytes,
    { tenant, signal }: PictureCaller,
  ): Promise<Buffer> {
    const { content } = await this.audio.recording(tenant, turn);
    const pcm = this.decoder.decode(content, signal, tenant);
    return readAll(pcm, MOST_PCM_BYTES, () => noPicture('The recording is too long to be drawn.'), memory);
  }
}

/** @param names  of the pictures that there are @throws AppError picture.not_found */
export function pictureFileOf<Name extends string>(
  file: string,
  names: readonly Name[],
): { readonly name: Name; readonly format: PictureFormat } {
  const [wanted, ending, ...more] = file.split('.');
  const name = names.find((one) => one === wanted);
  const format = PICTURE_FORMATS.find((one) => one === ending);
  if (name === undefined || format === undefined || more.length > 0)
    throw noPicture(`Pictures are ${pictureFiles(names).join(', ')}.`);
  return { name, format };
}

/** Every name in every format. */
export function pictureFiles(names: readonly string[]): string[] {
  return names.flatMap((name) => PICTURE_FORMATS.map((format) => `${name}.${format}`));
}

export function noPicture(message: string): AppError {
  return new AppError('picture.not_found', message);
}
