import { useEffect, useState } from 'react'
import type { Performer } from '../api/cast.ts'
import { createDeviceClient, type DeviceClient } from '../api/client.ts'
import type { DeviceName, RecordOf } from '../api/record.ts'

/** The client of a device, as long as it is on the page; `undefined` until there is one. */
export function useDeviceClient(
  device: DeviceName,
  performer: Performer,
  record: RecordOf,
): DeviceClient | undefined {
  const [client, setClient] = useState<DeviceClient>()

  useEffect(() => {
    const created = createDeviceClient(device, performer, record)
    setClient(created)
    return () => {
      setClient(undefined)
      created.close()
    }
  }, [device, performer, record])

  return client
}
