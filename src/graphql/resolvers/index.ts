import type { Resolvers } from '../generated.ts'
import { DeviceAddress, URL } from '../scalars.ts'
import { Device, TwinningConnection } from './device.ts'
import { Mutation } from './mutation.ts'
import { Query } from './query.ts'
import { Subscription } from './subscription.ts'
import { OtherDevice, PrimaryTwinning, SecondaryTwinning, Twinning } from './twinning.ts'

/** The schema's table of contents: a file for each of its subjects, an entry for each of its types. */
export const resolvers: Resolvers = {
  DeviceAddress,
  URL,
  Query,
  Mutation,
  Subscription,
  Device,
  TwinningConnection,
  Twinning,
  PrimaryTwinning,
  SecondaryTwinning,
  OtherDevice,
}
