import { onlineManager, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useSyncExternalStore, type ReactNode } from 'react';
import { useCredentials, type Credentials } from './access/access-store.js';
import { SignIn } from './access/sign-in.js';
import { access, api, loadInstallation, queries } from './api/api-client.js';
import { forgetExam } from './practice/exam-progress.js';
import { linkTo, navigate, usePath } from './router.js';
import type { TextKey } from './texts/en.data.js';
import { changeLanguage, PAGE_LANGUAGES, useTexts, type PageLanguage } from './texts/text-store.js';
import { ThemeChoice } from './theme.js';

/** What people come for after the first screen, which is shown sooner without it; it is fetched while they fill the form in. */
const loadAssistant = async () => ({
  default: (await import('./voice/assistant-page.js')).AssistantPage,
});
const AssistantPage = lazy(loadAssistant);
if (access.current && location.pathname === '/') void loadAssistant().catch(() => undefined);
const AdminPage = lazy(async () => ({ default: (await import('./admin/admin-page.js')).AdminPage }));
const HistoryPage = lazy(async () => ({
  default: (await import('./history/history-page.js')).HistoryPage,
}));
const HomePage = lazy(async () => ({ default: (await import('./home/home-page.js')).HomePage }));
const PracticePage = lazy(async () => ({
  default: (await import('./practice/practice-page.js')).PracticePage,
}));
const SignsPage = lazy(async () => ({ default: (await import('./signs/signs-page.js')).SignsPage }));
const SummaryPage = lazy(async () => ({
  default: (await import('./summary/summary-page.js')).SummaryPage,
}));
const PlaygroundPage = lazy(async () => ({
  default: (await import('./playground/playground-page.js')).PlaygroundPage,
}));
const TeachingPage = lazy(async () => ({
  default: (await import('./teaching/teaching-page.js')).TeachingPage,
}));

/** The pages, in the order of the menu. Those that few need are fetched when they are shown. */
const PAGES: readonly {
  readonly path: string;
  readonly label: TextKey;
  readonly Page: () => ReactNode;
  /** Roles that it is for; undefined: for everybody. */
  readonly roles?: readonly string[];
  /** Other pages lead to it; it is not in the menu. */
  readonly isFromOthers?: boolean;
}[] = [
  { path: '/', label: 'nav.talk', Page: () => <AssistantPage /> },
  { path: '/home', label: 'nav.home', Page: () => <HomePage /> },
  { path: '/practice', label: 'nav.practice', Page: () => <PracticePage /> },
  { path: '/signs', label: 'nav.signs', Page: () => <SignsPage /> },
  { path: '/record', label: 'nav.history', Page: () => <HistoryPage /> },
  { path: '/summary', label: 'summary.title', Page: () => <SummaryPage />, isFromOthers: true },
  { path: '/playground', label: 'nav.playground', Page: () => <PlaygroundPage /> },
  {
    path: '/teaching',
    label: 'nav.teaching',
    Page: () => <TeachingPage />,
    roles: ['owner', 'admin', 'teacher'],
  },
  { path: '/administration', label: 'nav.admin', Page: () => <AdminPage />, roles: ['owner', 'admin'] },
];

/** The page: its head, and what the address names. */
export function App(): ReactNode {
  const { t } = useTexts();
  const credentials = useCredentials(access);
  const installation = useQuery({
    queryKey: ['installation'],
    queryFn: loadInstallation,
    staleTime: Infinity,
  });
  return (
    <>
      <a className="skip" href="#content">
        {t('page.skip')}
      </a>
      <Head credentials={credentials} />
      <main id="content">
        <OfflineNote />
        {credentials ? (
          <CurrentPage />
        ) : installation.data ? (
          <div onInput={() => void loadAssistant().catch(() => undefined)}>
            <SignIn installation={installation.data} />
          </div>
        ) : installation.error ? (
          <p role="alert" className="problem">
            {t('problem.any', { message: installation.error.message })}{' '}
            <button type="button" onClick={() => void installation.refetch()}>
              {t('page.retry')}
            </button>
          </p>
        ) : (
          <p>{t('page.loading')}</p>
        )}
      </main>
    </>
  );
}

/** That the browser has no line; what was asked for meanwhile is asked for once it has. */
function OfflineNote(): ReactNode {
  const { t } = useTexts();
  const isOnline = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  if (isOnline) return null;
  return (
    <p role="alert" className="problem">
      {t('problem.offline')}
    </p>
  );
}

function CurrentPage(): ReactNode {
  const { t } = useTexts();
  const path = usePath();
  const page = PAGES.find((one) => one.path === path);
  if (!page)
    return (
      <h1 tabIndex={-1}>
        {t('page.missing')} <a {...linkTo('/')}>{t('nav.talk')}</a>
      </h1>
    );
  return (
    <Suspense fallback={<p>{t('page.loading')}</p>}>
      <page.Page />
    </Suspense>
  );
}

function Head(props: { readonly credentials: Credentials | undefined }): ReactNode {
  const { credentials } = props;
  const { language, t } = useTexts();
  const path = usePath();
  return (
    <header>
      <p className="brand">Parlance</p>
      {credentials && (
        <nav aria-label={t('nav.label')}>
          <ul>
            {PAGES.filter(
              ({ roles, isFromOthers }) => !isFromOthers && (!roles || mayBe(credentials, roles)),
            ).map((page) => (
              <li key={page.path}>
                <a {...linkTo(page.path)} {...(page.path === path ? { 'aria-current': 'page' } : {})}>
                  {t(page.label)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <div className="settings">
        <label>
          <span className="unseen">{t('page.language')}</span>
          <select
            value={language}
            onChange={({ target }) => void changeLanguage(target.value as PageLanguage)}
          >
            {Object.entries(PAGE_LANGUAGES).map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <ThemeChoice />
        {credentials && (
          <button type="button" className="quiet" onClick={() => void leave(credentials)}>
            {t('nav.signOut')}
          </button>
        )}
      </div>
    </header>
  );
}

/** Whether it is worth showing what some roles see; the gateway decides. What a key may do, it alone knows. */
function mayBe(credentials: Credentials, roles: readonly string[]): boolean {
  return credentials.kind === 'key' || roles.includes(credentials.role);
}

/** Ends the log-in here, and at the gateway where it can be reached. */
async function leave(credentials: Credentials): Promise<void> {
  access.logOut();
  forgetExam();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'installation' });
  navigate('/');
  if (credentials.kind !== 'account') return;
  const { refreshToken } = credentials;
  await api.POST('/api/v1/auth/log-out', { body: { refreshToken } }).catch(() => undefined);
}
