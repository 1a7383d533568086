import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { readCast } from './api/cast.ts'
import { createRecord } from './api/record.ts'
import { App } from './App.tsx'
import './styles/base.css'
import './styles/stage.css'
import './styles/controls.css'
import './styles/watch.css'
import './styles/phone.css'
import './styles/timeline.css'

const element = document.querySelector('#root')
if (!element) throw new Error('the page lacks its root')
const root = createRoot(element)

try {
  const cast = await readCast()
  root.render(
    <StrictMode>
      <App cast={cast} record={createRecord()} />
    </StrictMode>,
  )
} catch (error) {
  root.render(
    <main className="no-gateway">
      <h1>The gateway does not answer</h1>
      <p>{error instanceof Error ? error.message : String(error)}</p>
    </main>,
  )
}
