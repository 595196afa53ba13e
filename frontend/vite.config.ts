import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const hub = process.env.HUB_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    tanstackRouter({ target: 'react', autoCodeSplitting: true, quoteStyle: 'single' }),
    react(),
    VitePWA({
      registerType: 'prompt',
      includeAssets: ['favicon.svg'],
      manifest: {
        name: 'Моя ❤ скидка',
        short_name: 'Моя скидка',
        lang: 'ru',
        dir: 'ltr',
        id: '/',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#fbf8f9',
        theme_color: '#c2185b',
        categories: ['medical', 'lifestyle'],
        icons: [
          { src: '/pwa-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/pwa-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/pwa-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,woff2}'],
        globIgnores: ['**/*-ext-wght-normal*.woff2'],
        navigateFallback: '/index.html',
        // What the API serves is never an old page of ours, and staff have no service worker at all.
        navigateFallbackDenylist: [/^\/api(\/|$)/, /^\/admin(\/|$)/, /^\/c\//, /^\/r\//],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: { port: 5173, host: '127.0.0.1', proxy: { '/api': hub } },
});
