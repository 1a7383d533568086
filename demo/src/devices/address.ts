/** An address for people: +1 555 0100, car-7@beta.example. */
export function formatAddress(address: string): string {
  const number = /^tel:(\+\d)(\d{3})(\d+)$/.exec(address)
  return number ? number.slice(1).join(' ') : address.replace(/^\w+:/, '')
}

/** Eight letters are read more easily by fours. */
export function groupsOf(code: string): string[] {
  return code.split('-')
}
