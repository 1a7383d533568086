import fc from 'fast-check'
import { parseAddress } from '../../src/domain/address.ts'
import { isTwinningId } from '../../src/domain/segments.ts'

const known = ['tel:+15560101', 'tel:*86', 'sip:car-7@beta.example', 'sips:a@[::1]:5061;x=1', 'acr:a.b;c=d'].map((text) => parseAddress(text)!) // prettier-ignore
export const someDevice = known[0]!
export const device = fc.constantFrom(...known)

export const ref = fc.record(
  {
    operatorId: fc.string({ minLength: 1 }),
    device,
    twinningId: fc.string({ minLength: 1, unit: 'binary' }).filter(isTwinningId),
  },
  { noNullPrototype: true },
)
