import { Inject, Injectable } from '@nestjs/common';
import { InputFile } from 'grammy';
import { isAppError, toAppError, type AppError } from '@parlance/errors';
import {
  BotCoordinationRepository,
  PracticeRepository,
  type PracticeResult,
  type PracticeUser,
} from '@parlance/persistence';
import { dayOf, type ExamPrompt } from '@parlance/practice';
import { Bulkhead } from '@parlance/resilience';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';
import type { UpdateScope } from '../bot/bot-context.js';
import { SpeechPlatformClient } from '../platform/speech-platform.client.js';
import { TelegramApi } from '../telegram/telegram-api.service.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';
import type { Texts } from '../texts/texts.js';
import { improvedAnswer } from './improved-answer.js';
import { findTask } from './next-task.js';
import { resultMessages } from './result-message.js';

/** A voice message that answers the user's task. */
export interface VoiceAnswer extends UpdateScope {
  readonly chat: number;
  readonly user: PracticeUser;
  readonly texts: Texts;
  readonly voice: { readonly fileId: string; readonly seconds: number; readonly bytes: number | undefined };
}

export const LONGEST_VOICE_S = 120;
/** What Telegram's own server hands out. */
const LARGEST_MB = 20;
const HOUR_MS = 3_600_000;
/** Telegram shows what a bot does for five seconds. */
const ACTION_MS = 4_500;
/** Where the platform does not say when to come again, seconds. */
const USUAL_RETRY_S = 30;

const outcomes = () => counter('parlance_telegram_answers_total');

/** An answer's way: recognised and scored by the platform, told, and followed by its spoken example. Each step is kept, so
 *  that a replica that continues another's work repeats none. */
@Injectable()
export class PracticeService {
  private readonly voices: Bulkhead;

  constructor(
    private readonly telegram: TelegramApi,
    private readonly platform: SpeechPlatformClient,
    private readonly practice: PracticeRepository,
    private readonly coordination: BotCoordinationRepository,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.voices = new Bulkhead({
      limit: config.limits.voices,
      queue: config.limits.voiceQueue,
      refusal: 'inference.overloaded',
      message: 'Too many voice messages wait already.',
    });
  }

  /** @throws AppError where the update is to be worked on again; what the user can do something about is told instead */
  async answer(answer: VoiceAnswer): Promise<void> {
    const { voice, texts, user, id } = answer;
    const { task: current } = user;
    if (findTask(current) === undefined) return this.tell(answer, texts.noTaskYet, 'no_task');
    if (voice.seconds > LONGEST_VOICE_S) return this.tell(answer, texts.tooLong(LONGEST_VOICE_S), 'too_long');
    if ((voice.bytes ?? 0) > LARGEST_MB * 1024 ** 2)
      return this.tell(answer, texts.tooLarge(LARGEST_MB), 'too_large');
    if (answer.attempt === 1 && !(await this.isWithinRate(answer))) return;
    const day = dayOf(new Date(), user.timeZone);
    const attempt = await this.practice.begin({ id, owner: user.id, task: current!, day });
    const result = attempt.result ?? (await this.resultOf(answer, findTask(attempt.task)!));
    if (!result) return;
    if (!attempt.told) {
      for (const message of result.messages) await this.send(answer, message);
      await this.practice.markDone(id, 'told');
    }
    if (!attempt.spoken) {
      await this.speak(answer, result.example);
      await this.practice.markDone(id, 'spoken');
    }
    outcomes().inc({ outcome: 'answered' });
  }

  /** @returns undefined where the user was told why there is none */
  private async resultOf(answer: VoiceAnswer, task: ExamPrompt): Promise<PracticeResult | undefined> {
    let release: () => void;
    try {
      release = await this.voices.acquire(answer.signal, answer.user.id);
    } catch (error) {
      await this.tellFault(answer, toAppError(error));
      return undefined;
    }
    try {
      return await this.whileShowing('typing', answer, () => this.assess(answer, task));
    } finally {
      release();
    }
  }

  private async assess(answer: VoiceAnswer, task: ExamPrompt): Promise<PracticeResult | undefined> {
    const { texts, voice, signal } = answer;
    let turn;
    try {
      const audio = await this.telegram.download(voice.fileId, LARGEST_MB * 1024 ** 2, signal);
      turn = await this.platform.answer(audio, answer.user.id, signal);
    } catch (error) {
      await this.tellFault(answer, toAppError(error));
      return undefined;
    }
    if (turn.text.trim() === '') {
      await this.tell(answer, texts.nothingSaid, 'silent');
      return undefined;
    }
    const improved = improvedAnswer(turn, task);
    const result: PracticeResult = {
      turn: turn.id,
      transcript: turn.text,
      overall: Math.round(turn.scores.overall),
      messages: resultMessages(turn, task, improved, voice.seconds, texts),
      example: improved.text,
    };
    await this.practice.recordResult(answer.id, result);
    return result;
  }

  /** The text was told before: an example that cannot be spoken is no reason to fail. */
  private async speak(answer: VoiceAnswer, example: string): Promise<void> {
    const { chat, signal } = answer;
    try {
      await this.whileShowing('record_voice', answer, async () => {
        const audio = await this.platform.speak(example, signal);
        await this.telegram.methods.sendVoice(
          chat,
          new InputFile(audio, 'example.ogg'),
          undefined,
          signal as never,
        );
      });
    } catch (error) {
      if (signal.aborted || (isAppError(error) && error.code === 'store.unavailable')) throw error;
      this.logger.warn({ err: error }, 'an example could not be spoken');
      await this.send(answer, answer.texts.speechFailed);
    }
  }

  private async isWithinRate(answer: VoiceAnswer): Promise<boolean> {
    const { voicesPerHour } = this.config.limits;
    const count = await this.coordination.count(answer.user.id, 'voices', HOUR_MS);
    if (count <= voicesPerHour) return true;
    const minutes = Math.ceil((HOUR_MS - (Date.now() % HOUR_MS)) / 60_000);
    await this.tell(answer, answer.texts.tooManyVoices(voicesPerHour, minutes), 'rate_limited');
    return false;
  }

  /** @throws the fault where another replica is to go on */
  private async tellFault(answer: VoiceAnswer, fault: AppError): Promise<void> {
    if (answer.signal.aborted) throw fault;
    const { texts } = answer;
    const seconds = Math.ceil(fault.retryAfterSeconds ?? USUAL_RETRY_S);
    this.logger.warn({ err: fault }, 'an answer could not be worked on');
    const text = faultText(fault, seconds, texts);
    await this.tell(answer, text, fault.code);
  }

  private async tell(answer: VoiceAnswer, html: string, outcome: string): Promise<void> {
    outcomes().inc({ outcome });
    await this.send(answer, html);
  }

  private async send({ chat, signal }: VoiceAnswer, html: string): Promise<void> {
    await this.telegram.methods.sendMessage(
      chat,
      html,
      { parse_mode: 'HTML', link_preview_options: { is_disabled: true } },
      signal as never,
    );
  }

  /** Shows the user what the bot does while it works. */
  private async whileShowing<T>(
    action: 'typing' | 'record_voice',
    { chat, signal }: VoiceAnswer,
    work: () => Promise<T>,
  ): Promise<T> {
    const show = (): void => {
      this.telegram.methods.sendChatAction(chat, action, undefined, signal as never).catch(() => undefined);
    };
    show();
    const timer = setInterval(show, ACTION_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }
}

/** What a user can make of a fault. */
function faultText(fault: AppError, seconds: number, texts: Texts): string {
  switch (fault.code) {
    case 'audio.empty':
      return texts.nothingSaid;
    case 'audio.corrupt':
    case 'audio.unsupported_format':
      return texts.audioUnreadable;
    case 'audio.too_long':
      return texts.tooLong(LONGEST_VOICE_S);
    case 'request.too_large':
      return texts.tooLarge(LARGEST_MB);
    case 'inference.overloaded':
    case 'quota.exceeded':
    case 'quota.requests_exceeded':
    case 'quota.streams_exceeded':
      return texts.busy(seconds);
    default:
      return fault.retryable ? texts.platformDown(seconds) : texts.failed;
  }
}
