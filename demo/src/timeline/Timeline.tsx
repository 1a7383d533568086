import { useMemo, useSyncExternalStore } from 'react'
import type { RecordOf } from '../api/record.ts'
import { CallLine } from './CallLine.tsx'
import { EventScene, OperationScene } from './OperationScene.tsx'
import { asStory, type Scene } from './story.ts'

/** The GraphQL operations of both devices and the REST calls that they caused, newest first. */
export function Timeline({ record }: { record: RecordOf }) {
  const entries = useSyncExternalStore(record.subscribe, record.entries)
  const story = useMemo(() => asStory(entries), [entries])

  return (
    <section className="timeline" aria-labelledby="timeline">
      <header>
        <h2 id="timeline">What happens</h2>
        <p>GraphQL from the devices, REST to their operators; newest first.</p>
        <button type="button" className="quiet" onClick={record.clear}>
          Clear
        </button>
      </header>
      <ol reversed>
        {story.map((scene) => (
          <li key={keyOf(scene)}>
            {scene.type === 'operation' && <OperationScene {...scene} />}
            {scene.type === 'event' && <EventScene event={scene.event} />}
            {scene.type === 'calls' && (
              <div className="scene aside">
                <p className="scene-title">Behind the scenes</p>
                <ul className="calls">
                  {scene.calls.map((call) => (
                    <CallLine key={call.key} call={call} />
                  ))}
                </ul>
              </div>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

function keyOf(scene: Scene): number {
  if (scene.type === 'operation') return scene.operation.key
  return scene.type === 'event' ? scene.event.key : scene.key
}
