import { useSyncExternalStore, type MouseEvent } from 'react';

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};
globalThis.addEventListener?.('popstate', tell);

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.pathname,
  );
}

/** Shows another page of ours, without loading anything. @param path  may have a query */
export function navigate(path: string): void {
  if (path !== `${location.pathname}${location.search}`) history.pushState(undefined, '', path);
  tell();
  // Readers of screens begin with the new page.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus());
}

/** What a link needs to stay in the page; with a key held it opens as browsers have it. */
export function linkTo(path: string) {
  return {
    href: path,
    onClick: (event: MouseEvent): void => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      navigate(path);
    },
  };
}
