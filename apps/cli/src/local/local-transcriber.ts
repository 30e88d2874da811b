import { cuesOf, toSrt, toVtt } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { Segment, TranscribeOptions, Transcriber } from '@parlance/whisper';
import type { CliConfig } from '../cli.config.js';
import type { TranscriptionRequest } from '../client/transcription.client.js';
import { localAudio } from './local-audio.js';

export interface LocalRequest extends Pick<
  TranscriptionRequest,
  'format' | 'language' | 'languages' | 'isTranslated' | 'options' | 'onText'
> {
  /** Path of the recording; - for standard input. */
  readonly file: string;
}

/** Recognises recordings in this process, with a compiled model of this machine. */
export class LocalTranscriber {
  private constructor(
    private readonly transcriber: Transcriber,
    private readonly ffmpeg: string,
  ) {}

  /** @param model the machine's default where it is left out
   *  @throws AppError model.not_found, model.invalid */
  static async open({ models, settings }: CliConfig, model = settings.model): Promise<LocalTranscriber> {
    const found = (await models.list()).find(({ name }) => name === model);
    if (found?.compiled === undefined)
      throw new AppError(
        'model.not_found',
        `The model '${model}' is not compiled on this machine; run: parlance models download ${model}`,
      );
    // The other commands do not load what recognition takes.
    const { Transcriber } = await import('@parlance/whisper');
    const transcriber = await Transcriber.open({ model: found.compiled });
    return new LocalTranscriber(transcriber, settings.environment.PARLANCE_FFMPEG || 'ffmpeg');
  }

  /** @returns the transcript in the format asked for
   *  @throws AppError request.invalid naming an option that only the platform has; audio.*, model.language_unsupported */
  async transcribe(request: LocalRequest): Promise<string> {
    const { format, file, onText } = request;
    const transcription = this.transcriber.transcribe(localAudio(file, this.ffmpeg), optionsOf(request));
    const segments: Segment[] = [];
    for await (const segment of transcription) {
      segments.push(segment);
      onText?.(segment.text);
    }
    const { text } = await transcription.summary;
    switch (format) {
      case 'text':
        return text;
      case 'json':
        return JSON.stringify({ text });
      case 'srt':
        return toSrt(cuesOf(segments)).trimEnd();
      case 'vtt':
        return toVtt(cuesOf(segments)).trimEnd();
      case 'verbose_json':
        throw onlyOnThePlatform('--format verbose_json');
    }
  }

  async close(): Promise<void> {
    await this.transcriber.close();
  }
}

function optionsOf({
  format,
  language,
  languages,
  isTranslated,
  options = [],
}: LocalRequest): TranscribeOptions {
  if (format === 'verbose_json') throw onlyOnThePlatform('--format verbose_json');
  const given = new Map(options);
  const prompt = given.get('prompt');
  const temperature = given.get('temperature');
  for (const name of given.keys())
    if (name !== 'prompt' && name !== 'temperature')
      throw onlyOnThePlatform(`--${name.replaceAll('_', '-')}`);
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1))
    throw new AppError('request.invalid', '--temperature: must be a number from 0 to 1.');
  return {
    language,
    languages: languages?.split(','),
    task: isTranslated ? 'translate' : 'transcribe',
    prompt,
    temperature: temperature === undefined ? undefined : Number(temperature),
    // A cue ends where a silence begins.
    wordTimestamps: format === 'srt' || format === 'vtt',
  };
}

function onlyOnThePlatform(flag: string): AppError {
  return new AppError('request.invalid', `${flag} cannot be had with --local; leave one of the two out.`);
}
