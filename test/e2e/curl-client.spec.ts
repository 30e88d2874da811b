/** A client of the catalogue, sessions, summaries and search that is written with curl, by the routes and fields of their docs. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Curl, type CurlAnswer } from '../support/curl.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

interface Entry {
  readonly code: string;
  readonly version: number;
  readonly label: string;
  readonly native_name: string;
  readonly levels: string[];
  readonly available: object;
  readonly rubric: { readonly weights: Record<string, number> };
  readonly [field: string]: unknown;
}
interface Session {
  readonly id: string;
  readonly state: string;
}
interface Turn {
  readonly id: string;
  readonly transcript: string;
  readonly words: object[];
  readonly scores: object | null;
  readonly evaluation: { readonly total: number; readonly fluency: { readonly mark: number } | null } | null;
  readonly error_report: { readonly errors: { readonly correction: string }[] } | null;
}
interface Lists {
  readonly teaching_modes: Entry[];
  readonly languages: Entry[];
  readonly scenarios: Entry[];
  readonly sessions: Session[];
  readonly turns: Turn[];
  readonly results: { readonly id: string; readonly highlights: object[] }[];
  readonly summaries: { readonly session: string }[];
  readonly next_cursor: string | null;
}
interface Fault {
  readonly error: { readonly code: string; readonly message: string; readonly details?: object };
}

let platform: Platform;
let curl: Curl;
let others: Curl;
beforeAll(async () => {
  platform = await Platform.start({ tts: NO_MODELS });
  curl = new Curl(platform.gateway.url, API_KEY);
  others = new Curl(platform.gateway.url, OTHER_TENANTS_KEY);
  for (const one of [curl, others]) one.set('SPEECH', speechFile(READ_SPEECH.letter));
}, 120_000);
afterAll(() => platform?.stop());

const done = <Body = Lists>(status: number, call: string) => curl.done<Body>(status, call);

describe('the catalogue, called by curl', () => {
  it('has all eight modes by their weights, forty languages and twenty-four scenarios on a page', async () => {
    const { teaching_modes: modes } = await done(200, '/api/v1/teaching-modes');
    const weightsOf = (code: string) => Object.values(modes.find((one) => one.code === code)!.rubric.weights);
    expect(modes).toHaveLength(8);
    expect(weightsOf('conversation')).toEqual([0.3, 0.25, 0.25, 0.2]);
    expect(weightsOf('test_prep')).toEqual([0.25, 0.25, 0.3, 0.2]);
    const { languages } = await done(200, '/api/v1/languages');
    expect(languages.length).toBeGreaterThanOrEqual(40);
    expect(languages.find(({ code }) => code === 'de')).toMatchObject({
      ...{ label: 'German', native_name: 'Deutsch', levels: expect.arrayContaining(['A1']) },
      available: { recognition: false, reply: false, speech: expect.any(Boolean), scoring: false },
    });
    const { scenarios } = await done(200, '/api/v1/scenarios');
    expect(scenarios.length).toBeGreaterThanOrEqual(24);
    const filtered = await done(200, '/api/v1/scenarios?mode=conversation&level=A2&language=en');
    expect(filtered.scenarios.map(({ code }) => code)).toContain('restaurant');
    const named = await done(200, '/api/v1/scenarios?mode_code=conversation&level=A2&language_code=en');
    expect(named.scenarios).toEqual(filtered.scenarios);
  });

  it('takes a scenario of a tenant with goals by their texts, changes it, tells its versions and deletes it', async () => {
    const made = await done<Entry>(
      201,
      `/api/v1/scenarios --json '{"title": "At the bicycle shop", "mode": "conversation", "level": "A2", "language": "en",
        "roles": {"coach": "the mechanic", "learner": "a customer"}, "goals": ["Say what is broken.", "Ask for the price."],
        "opening_line": "Good morning, what can I do for you?", "key_phrases": ["flat tyre"]}'`,
    );
    expect(made).toMatchObject({ code: 'at-the-bicycle-shop', languages: ['en'], version: 1 });
    expect(made.goals).toMatchObject([{ goal: 'Say what is broken.' }, { goal: 'Ask for the price.' }]);
    const path = '/api/v1/scenarios/at-the-bicycle-shop';
    const changed = await done<Entry>(200, `${path} -X PATCH --json '{"level": "B1", "version": 1}'`);
    expect(changed).toMatchObject({ level: 'B1', version: 2 });
    const late = await curl.run<Fault>(`${path} -X PATCH --json '{"level": "B2", "version": 1}'`);
    expect([late.status, late.body.error.details]).toEqual([409, { version: 2 }]);
    expect(await done(200, `${path}/versions`)).toMatchObject({ versions: [{ version: 2 }, { version: 1 }] });
    expect((await others.run(path)).status).toBe(404);
    const deleted = await curl.run(`${path} -X DELETE`);
    expect([deleted.status, deleted.body]).toEqual([204, '']);
    expect((await curl.run(path)).status).toBe(404);
  });

  it('takes a mode with its weights alone', async () => {
    const made = await done<Entry>(
      201,
      `/api/v1/teaching-modes --json '{"code": "debate", "label": "Debate", "guidelines": "Mark the reasons.",
        "rubric": {"fluency": 0.4, "vocabulary": 0.3, "grammar": 0.2, "pronunciation": 0.1},
        "system_prompt": "Take the other side."}'`,
    );
    expect(made.rubric).toMatchObject({ weights: { fluency: 0.4 }, scale: { min: 0, max: 5 } });
    await done(204, '/api/v1/teaching-modes/debate -X DELETE');
  });
});

describe('sessions, called by curl', () => {
  const MISTAKEN = 'Yesterday I goes to the market and she buy three apple.';
  const marked = () =>
    until(async () => {
      const { turns } = await done(200, '/api/v1/sessions/$SESSION/turns');
      return turns.length === 2 && turns.every((turn) => turn.evaluation && turn.error_report)
        ? turns
        : undefined;
    }, 60_000);

  it('are opened, written and spoken into, and each turn is marked', async () => {
    const session = await done<Session>(
      201,
      `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "conversation", "language_code": "en",
        "metadata": {"class": "7b"}}'`,
    );
    expect(session).toMatchObject({
      ...{ state: 'active', user_external_id: 'anna-1', mode_code: 'conversation', language_code: 'en' },
      metadata: { class: '7b' },
    });
    curl.set('SESSION', session.id);
    const written = await done<Turn>(201, `/api/v1/sessions/$SESSION/turns --json '{"text": "${MISTAKEN}"}'`);
    expect(written).toMatchObject({ transcript: MISTAKEN, reply: { text: expect.any(String) } });
    const spoken = await done<Turn>(
      201,
      '/api/v1/sessions/$SESSION/turns -F audio=@"$SPEECH" -F language_code=en -F speak=false',
    );
    expect(spoken).toMatchObject({
      ...{ session_id: session.id, sequence: 2, reply: { text: expect.any(String) } },
      timings: { audio_ms: expect.any(Number) },
    });
    expect(spoken.transcript).toContain('importance');
    expect(spoken.words.length).toBeGreaterThan(5);
    const [typed, said] = await marked();
    expect(typed!.error_report!.errors.length).toBeGreaterThan(0);
    expect(typed!.evaluation!.fluency).toBeNull();
    expect(said!.scores).not.toBeNull();
    expect(said!.evaluation!.fluency!.mark).toBeGreaterThan(0);
    const second = await done(200, '"/api/v1/sessions/$SESSION/turns?page=2&page_size=1"');
    expect(second.turns.map(({ id }) => id)).toEqual([spoken.id]);
  });

  it('are listed by each of their fields, by state or status, and by day', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { sessions } = await done(200, '/api/v1/sessions?user_external_id=anna-1');
    expect(sessions).toHaveLength(1);
    for (const query of [
      'user_external_id=anna-1&mode_code=conversation&language_code=en&state=active',
      'learner=anna-1&mode=conversation&language=en&status=active',
      `learner=anna-1&date=${today}`,
      `learner=anna-1&from=${today}`,
      'learner=anna-1&page=1&page_size=10',
      'learner=anna-1&limit=10',
    ])
      expect((await done(200, `"/api/v1/sessions?${query}"`)).sessions).toEqual(sessions);
    const none = await done(200, '"/api/v1/sessions?learner=anna-1&status=closed"');
    expect(none.sessions).toEqual([]);
  });

  it('are found by what was said in them, with and without highlights', async () => {
    const found = await until(async () => {
      const page = await done(200, '"/api/v1/conversations/search?text=apple%20market&learner=anna-1"');
      return page.results.length > 0 ? page : undefined;
    }, 60_000);
    const [said] = found.results;
    expect(said!.highlights).toContainEqual(expect.objectContaining({ field: 'said' }));
    const bare = await done(
      200,
      '/api/v1/conversations/search -G -d learner=anna-1 -d highlights=false --data-urlencode "phrase=to the market"',
    );
    expect(bare.results).toMatchObject([{ id: said!.id, highlights: [] }]);
    const scored = await done(
      200,
      '"/api/v1/conversations/search?text=apple&mode=conversation&min_score=0&max_score=100"',
    );
    expect(scored.results.map(({ id }) => id)).toContain(said!.id);
    expect((await others.run<Lists>('"/api/v1/conversations/search?text=apple"')).body.results).toEqual([]);
  });

  it('are closed without a body, and summed up then', async () => {
    expect((await curl.run('/api/v1/sessions/$SESSION/summary')).status).toBe(409);
    const closed = await done<Session>(200, '/api/v1/sessions/$SESSION/close -X POST');
    expect(closed.state).toBe('closed');
    const summary = await until(async () => {
      const answer: CurlAnswer<object> = await curl.run('/api/v1/sessions/$SESSION/summary');
      return answer.status === 200 ? answer.body : undefined;
    }, 60_000);
    expect(summary).toMatchObject({
      title: expect.any(String),
      subtitle: { 0: { heading: expect.any(String), points: { 0: expect.any(String) } } },
    });
    const { summaries } = await done(200, '"/api/v1/summaries?user_external_id=anna-1"');
    expect(summaries).toEqual([summary]);
    const late = await curl.run<Fault>(`/api/v1/sessions/$SESSION/turns --json '{"text": "Late."}'`);
    expect([late.status, late.body.error.code]).toEqual([409, 'session.ended']);
  });
});
