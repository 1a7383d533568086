import type { DeviceAddress } from '../domain/address.ts'
import { deviceEntityTag, twinningEntityTag } from '../domain/entityTags.ts'
import type { Sealer } from '../domain/ids.ts'
import type { TwinningRef } from '../domain/twinning.ts'
import { createInvalidateRouter } from './invalidation.ts'

/** The router files our answers under the tags that they carry. */
export function tellRouter(router: Parameters<typeof createInvalidateRouter>[0], sealer: Sealer) {
  const invalidate = createInvalidateRouter(router)
  return (
    changes: readonly { readonly ref: TwinningRef }[],
    devices: Iterable<DeviceAddress>,
  ): Promise<void> =>
    invalidate([
      ...[...devices].map((device) => deviceEntityTag(device, sealer)),
      ...changes.map(({ ref }) => twinningEntityTag(sealer.sealRef(ref))),
    ])
}
