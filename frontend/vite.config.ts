import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { firstPaint } from './build/firstPaint.ts';
import { precompress } from './build/precompress.ts';

const proxy = {
  '/api': { target: process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8000', changeOrigin: false },
};

export default defineConfig({
  plugins: [react(), firstPaint(), precompress()],
  css: {
    preprocessorOptions: {
      // Bootstrap 5.3 uses deprecated Sass features.
      scss: {
        quietDeps: true,
        silenceDeprecations: ['import', 'global-builtin', 'color-functions', 'if-function'],
      },
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Few chunks: the app, products, forms, and one per page.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'app', test: /src\/(?:main|ui\/|focus\/)/, priority: 3 },
            {
              name: 'products',
              test: /src\/(?:product\/|catalogue\/use|cart\/Add|forms\/SearchField)/,
              priority: 2,
            },
            { name: 'forms', test: /src\/forms\/(?!SearchField)|react-hook-form/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { port: 5173, strictPort: true, proxy },
  preview: { port: 4173, strictPort: true, proxy },
  test: {
    environment: 'jsdom',
    // Starts jsdom once per worker, because its start takes longer than the tests of a file.
    pool: 'vmThreads',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testSetup.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
