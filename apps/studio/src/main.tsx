import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { access, queries } from './api/api-client.js';
import { App } from './app.js';
import { showTheme } from './theme.js';
import './styles.css';
import { beginWithLanguage } from './texts/text-store.js';

showTheme();
// Another tab has logged in, out, or exchanged a token.
addEventListener('storage', () => access.reread());
await beginWithLanguage();
createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
