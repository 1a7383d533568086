// Runs in the explorer's page before GraphiQL: every call to the API goes out as the character whose button is pressed.

/**
 * What the page offers beyond the globals that browsers and Node share.
 *
 * @typedef {{ textContent: string | null }} Output
 * @typedef {Output & { value: string, title: string, dataset: { token?: string }, setAttribute(name: string, value: string): void, addEventListener(type: 'click', listener: () => void): void }} Button
 * @typedef {{ dataset: { endpoint: string }, querySelector(selector: 'output'): Output, querySelectorAll(selector: 'button'): Iterable<Button> }} Bar
 * @typedef {{ getItem(key: string): string | null, setItem(key: string, value: string): void }} Storage
 * @typedef {{ document: { baseURI: string, querySelector(selector: '.call-as'): Bar }, sessionStorage: Storage, fetch: typeof globalThis.fetch, WebSocket: typeof globalThis.WebSocket }} Page
 */

/** @type {unknown} */
const here = globalThis
const page = /** @type {Page} */ (here)
const { document, sessionStorage, fetch, WebSocket } = page
const { Request, URL } = globalThis

const storageKey = 'twinning-gateway:call-as'
const bar = document.querySelector('.call-as')
const endpoint = new URL(bar.dataset.endpoint, document.baseURI)
const buttons = [...bar.querySelectorAll('button')]
let pressed = buttons.find(({ value }) => value === sessionStorage.getItem(storageKey)) ?? buttons[0]

for (const button of buttons) button.addEventListener('click', () => press(button))
show()

/** @type {typeof globalThis.fetch} */
page.fetch = (input, init) => {
  const request = new Request(input, init)
  const authorization = pressedAuthorization()
  // What was typed into GraphiQL's headers pane wins.
  if (authorization && isApi(request.url) && !request.headers.has('authorization'))
    request.headers.set('authorization', authorization)
  return fetch(request)
}

page.WebSocket = class extends WebSocket {
  /**
   * @override
   * @param {Parameters<WebSocket['send']>[0]} data
   */
  send(data) {
    super.send(typeof data === 'string' && isApi(this.url) ? introduce(data) : data)
  }
}

/** @param {Button} button */
function press(button) {
  pressed = button
  sessionStorage.setItem(storageKey, button.value)
  show()
}

function show() {
  for (const button of buttons) button.setAttribute('aria-pressed', String(button === pressed))
  bar.querySelector('output').textContent = pressed?.title ?? ''
}

function pressedAuthorization() {
  const token = pressed?.dataset.token
  return token ? `Bearer ${token}` : undefined
}

/** @param {string} url */
function isApi(url) {
  const { host, pathname } = new URL(url)
  return host === endpoint.host && pathname === endpoint.pathname
}

/**
 * A browser cannot send headers with a WebSocket, so a subscription tells who it is in its first message.
 *
 * @param {string} data
 */
function introduce(data) {
  /** @type {(json: string) => { type?: string, payload?: Record<string, unknown> }} */
  const parse = JSON.parse
  const message = parse(data)
  const authorization = pressedAuthorization()
  const typed = Object.keys(message.payload ?? {}).some((name) => name.toLowerCase() === 'authorization')
  if (message.type !== 'connection_init' || typed || !authorization) return data
  return JSON.stringify({ ...message, payload: { ...message.payload, authorization } })
}
