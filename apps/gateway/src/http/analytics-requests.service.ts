import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { utcDay, type DailyAnalytics } from '@parlance/persistence';
import { askReadiness, Readiness } from '@parlance/telemetry';
import { UsageAnalytics } from '../analytics/usage-analytics.service.js';
import { LanguageSupports, type ServiceLanguages } from '../catalogue/language-support.service.js';
import { atExpiry, type Caller } from '../auth/caller.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import { EventStream } from './event-stream.js';
import { parseRequest } from './request-fields.js';

const DAY_MS = 86_400_000;
/** Days that one request is answered. */
const MOST_DAYS = 92;
const USUAL_DAYS = 30;

const day = z.iso.date('must be a day, YYYY-MM-DD');

/** `GET analytics/daily`: the last thirty days, unless it says otherwise. */
const dailySchema = z
  .object({ from: day.optional(), to: day.optional() })
  .transform(({ from, to = utcDay(Date.now()) }) => ({
    from: from ?? utcDay(Date.parse(to) - (USUAL_DAYS - 1) * DAY_MS),
    to,
  }))
  .refine(({ from, to }) => from <= to, { path: ['from'], message: 'must not be after to' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) < MOST_DAYS * DAY_MS, {
    path: ['from'],
    message: `must be within ${MOST_DAYS} days of to`,
  });

/** Between two events of a live answer. */
const LIVE_EVERY_MS = 1_000;

/** Usage analytics over HTTP, and what each part of the platform does. */
@Injectable()
export class AnalyticsRequests {
  constructor(
    private readonly analytics: UsageAnalytics,
    private readonly readiness: Readiness,
    private readonly calls: OpenCalls,
    private readonly supports: LanguageSupports,
  ) {}

  windows({ tenant }: Caller) {
    return this.analytics.now(tenant);
  }

  async daily({ tenant }: Caller, query: unknown) {
    const { from, to } = parseRequest(dailySchema, query);
    const days = await this.analytics.days(tenant, from, to, MOST_DAYS);
    return { days: days.map(dayView) };
  }

  /** Tells the windows every second, until the client has gone, its key or token has ended, or this process stops. */
  async live(caller: Caller, response: Response): Promise<void> {
    const events = new EventStream(response);
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    const stay = atExpiry(caller, leave);
    try {
      while (!gone.signal.aborted && this.calls.isAdmitting) {
        await events.send(this.analytics.now(caller.tenant));
        await sleep(LIVE_EVERY_MS, undefined, { signal: gone.signal }).catch(() => undefined);
      }
    } finally {
      stay();
      response.end();
    }
  }

  /** Each part by name: whether it is there, or with which limitation. Without replies and speech the gateway takes requests all the same, so
   *  that they are no part of its readiness. */
  async health() {
    const [{ body }, services] = await Promise.all([askReadiness(this.readiness), this.supports.services()]);
    const { replies, speech } = services;
    const parts = {
      ...body.parts,
      replies: isThere(replies) || (replies !== undefined && 'away, turns wait for it'),
      speech: isThere(speech) || 'away, replies stay text',
    };
    const isWhole = body.status === 'ready' && isThere(replies) && isThere(speech);
    return { status: isWhole ? ('ok' as const) : ('degraded' as const), parts };
  }

  /** The parts, and what they do: languages of the services behind, and what usage analytics have counted. */
  async status() {
    const [health, services] = await Promise.all([this.health(), this.supports.services()]);
    return {
      ...health,
      upSeconds: Math.floor(process.uptime()),
      languages: {
        recognition: languagesView(services.recognition),
        replies: languagesView(services.replies),
        speech: languagesView(services.speech),
      },
      analytics: this.analytics.state,
    };
  }
}

type Languages = ServiceLanguages[keyof ServiceLanguages];

/** Whether a service says that it works in anything. */
function isThere(languages: Languages): boolean {
  return languages === null || (languages?.size ?? 0) > 0;
}

/** Codes; `any`; null where the service could not be asked. */
function languagesView(languages: Languages): 'any' | readonly string[] | null {
  if (languages === undefined) return null;
  return languages === null ? 'any' : [...languages].sort();
}

function dayView({ speechMs, scoredTurns, scoreSum, endedSessions, sessionMs, ...rest }: DailyAnalytics) {
  const { day, learners, sessions, turns, errors } = rest;
  const rounded = (value: number): number => Math.round(value * 10) / 10;
  return {
    ...{ day, learners, sessions, turns, minutes: Math.round(speechMs / 600) / 100 },
    meanScore: scoredTurns === 0 ? null : rounded(scoreSum / scoredTurns),
    endedSessions,
    meanSessionSeconds: endedSessions === 0 ? null : rounded(sessionMs / endedSessions / 1_000),
    errors,
  };
}
