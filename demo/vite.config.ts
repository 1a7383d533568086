import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run dev` serves the page with hot reloading, in front of a gateway that `npm start` has started.
const gateway = process.env['GATEWAY'] ?? 'http://127.0.0.1:4000'

export default defineConfig({
  base: '/demo/',
  plugins: [react()],
  build: {
    // Its security policy admits no data: scripts, and no styles but those of files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What changes seldom keeps its name, and stays in the browser's cache.
        codeSplitting: { groups: [{ name: 'vendor', test: /node_modules/ }] },
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: gateway, ws: true },
      ...Object.fromEntries(['cast', 'traffic', 'operators'].map((part) => [`/demo/${part}`, gateway])),
    },
  },
})
