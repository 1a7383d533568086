/** How many twinnings the operator's list of any device has. */
export const perDevice = 20

/** The n-th device. */
export function deviceAt(n: number): string {
  return `tel:+1555${String(n).padStart(7, '0')}`
}

/** One of the twinnings of a device; an operator answers to any id. */
export function twinningJson(root: string, device: string, id: string): string {
  const own = device.slice(-7)
  return JSON.stringify({
    role: 'Secondary',
    name: `watch ${own} ${id}`,
    otherDevice: { address: `tel:+1777${own}${id.slice(1).padStart(2, '0')}`, name: `phone ${id}` },
    twinningStatus: 'On',
    primaryDeviceVMAddress: `tel:+1888${own}`,
    ownAddress: device,
    resourceURL: `${root}/twinning/v1/${encodeURIComponent(device)}/twinnings/${id}`,
  })
}

/** The body of a device's list. */
export function listOf(root: string, device: string): string {
  const members = Array.from({ length: perDevice }, (_, n) => twinningJson(root, device, `t${n}`))
  const resourceURL = `${root}/twinning/v1/${encodeURIComponent(device)}/twinnings`
  return `{"twinningList":{"twinning":[${members.join(',')}],"resourceURL":${JSON.stringify(resourceURL)}}}`
}
