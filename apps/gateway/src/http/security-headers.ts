import type { NextFunction, Request, Response } from 'express';
import helmet, { type HelmetOptions } from 'helmet';

/** Where the page of the API's documentation lies. */
export const DOCS_PATH = 'api/docs';

const COMMON = {
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Pages of other origins may call the API: it is kept by keys, not by cookies.
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  // TLS ends before this process; whoever ends it knows whether a name is served by HTTPS alone.
  strictTransportSecurity: false,
} as const satisfies HelmetOptions;

const ofAnswers = helmet({
  ...COMMON,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
});

/** Swagger UI has its styles in the page, and its pictures as data. */
const ofDocs = helmet({
  ...COMMON,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
});

const ofPage = helmet({
  ...COMMON,
  crossOriginResourcePolicy: { policy: 'same-origin' },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:'],
      mediaSrc: ["'self'", 'blob:'],
      // WebSockets of the same host among them.
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
});

/** Headers of the page that people speak with: its own scripts and styles from files alone, microphone and camera for itself alone. */
export function pageHeaders(request: Request, response: Response, next: NextFunction): void {
  response.setHeader(
    'permissions-policy',
    'microphone=(self), camera=(self), geolocation=(), payment=(), usb=()',
  );
  ofPage(request, response, next);
}

/** Headers that keep browsers from guessing types, framing, leaking addresses and running what is not ours. */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  const headers = request.path.startsWith(`/${DOCS_PATH}`) ? ofDocs : ofAnswers;
  headers(request, response, next);
}
