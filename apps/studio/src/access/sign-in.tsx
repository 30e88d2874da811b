import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import {
  access,
  api,
  ApiFault,
  dataOf,
  faultIn,
  type ApiFaultBody,
  type Installation,
} from '../api/api-client.js';
import { useTexts, type Translate } from '../texts/text-store.js';

type Way = 'signUp' | 'logIn' | 'key';

/** The first screen: what this is, and how one gets in. */
export function SignIn(props: { readonly installation: Installation }): ReactNode {
  const { installation } = props;
  const { t } = useTexts();
  const ways: readonly Way[] = installation.accounts ? ['signUp', 'logIn', 'key'] : ['key'];
  const [way, setWay] = useState<Way>(access.hasEnded && installation.accounts ? 'logIn' : ways[0]!);
  return (
    <>
      <h1 tabIndex={-1}>{t('welcome.title')}</h1>
      <p>{t('welcome.text')}</p>
      {access.hasEnded && (
        <p role="alert" className="problem">
          {t('access.expired')}
        </p>
      )}
      {way === 'key' ? (
        <KeyForm />
      ) : (
        <AccountForm key={way} way={way} installation={installation} onMailed={() => setWay('logIn')} />
      )}
      <p className="ways">
        {ways
          .filter((one) => one !== way)
          .map((one) => (
            <button key={one} type="button" className="quiet" onClick={() => setWay(one)}>
              {t(`access.${one}`)}
            </button>
          ))}
      </p>
    </>
  );
}

function AccountForm(props: {
  readonly way: 'signUp' | 'logIn';
  readonly installation: Installation;
  readonly onMailed: () => void;
}): ReactNode {
  const { way, installation, onMailed } = props;
  const { language, t } = useTexts();
  const entering = useMutation({
    mutationFn: async (form: FormData) => {
      const text = (name: string): string => String(form.get(name) ?? '').trim();
      const person = {
        organisation: installation.organisation ?? text('organisation'),
        email: text('email'),
        password: String(form.get('password')),
      };
      if (way === 'logIn') return dataOf(await api.POST('/api/v1/auth/log-in', { body: person }));
      const profile = { name: text('name'), motherLanguage: language };
      const answer = await api.POST('/api/v1/auth/sign-up', { body: { ...person, profile } });
      return answer.response.status === 202 ? undefined : dataOf(answer);
    },
    onSuccess: (answer) => {
      if (answer && 'accessToken' in answer) access.logIn(answer);
      else onMailed();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    entering.mutate(new FormData(event.currentTarget));
  };
  const isNew = way === 'signUp';
  return (
    <form className="card" onSubmit={submit} aria-label={t(`access.${way}`)}>
      <h2>{t(`access.${way}`)}</h2>
      {isNew && <Field name="name" label={t('access.name')} autoComplete="name" />}
      {installation.organisation === null && (
        <Field name="organisation" label={t('access.organisation')} autoComplete="organization" />
      )}
      <Field name="email" type="email" label={t('access.email')} autoComplete="email" />
      <Field
        name="password"
        type="password"
        label={t('access.password')}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        {...(isNew ? { minLength: 10, hint: t('access.passwordHint') } : {})}
      />
      {entering.error && (
        <p role="alert" className="problem">
          {accessFault(entering.error, t)}
        </p>
      )}
      <button type="submit" className="main" disabled={entering.isPending}>
        {t(isNew ? 'access.submitSignUp' : 'access.submitLogIn')}
      </button>
    </form>
  );
}

function KeyForm(): ReactNode {
  const { t } = useTexts();
  const trying = useMutation({
    mutationFn: async (key: string) => {
      const answer = await fetch('/v1/models', { headers: { authorization: `Bearer ${key}` } });
      const body: unknown = answer.ok ? undefined : await answer.json();
      // A key without the scope of speech is a key all the same.
      if (answer.status !== 200 && answer.status !== 403) throw new ApiFault(answer.status, faultIn(body));
      return key;
    },
    onSuccess: (key) => access.useKey(key),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    trying.mutate(String(new FormData(event.currentTarget).get('key')).trim());
  };
  return (
    <form className="card" onSubmit={submit} aria-label={t('access.key')}>
      <h2>{t('access.key')}</h2>
      <Field
        name="key"
        type="password"
        label={t('access.keyLabel')}
        autoComplete="off"
        hint={t('access.keyHint')}
      />
      {trying.error && (
        <p role="alert" className="problem">
          {accessFault(trying.error, t)}
        </p>
      )}
      <button type="submit" className="main" disabled={trying.isPending}>
        {t('access.submitKey')}
      </button>
    </form>
  );
}

function Field(props: {
  readonly name: string;
  readonly label: string;
  readonly autoComplete: string;
  readonly type?: string;
  readonly minLength?: number;
  readonly hint?: string;
}): ReactNode {
  const { name, label, hint, ...input } = props;
  const hintId = `${name}-hint`;
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <input id={name} name={name} required {...input} {...(hint ? { 'aria-describedby': hintId } : {})} />
      {hint && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What a person can do about a refusal. */
function accessFault(error: Error, t: Translate): string {
  const { code, message, retryAfterSeconds }: ApiFaultBody = faultIn(error);
  switch (code) {
    case 'auth.invalid_credentials':
      return t('access.invalid');
    case 'account.exists':
      return t('access.exists');
    case 'auth.too_many_attempts':
      return t('access.tooMany', { seconds: retryAfterSeconds ?? 60 });
    case 'auth.forbidden':
      return t('access.closed');
    case 'organisation.not_found':
      return t('access.noOrganisation');
    default:
      if (error instanceof ApiFault && error.status === 401) return t('access.badKey');
      return error instanceof TypeError ? t('problem.offline') : t('problem.any', { message });
  }
}
