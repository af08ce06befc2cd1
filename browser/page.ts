/** How long a button says that it copied. */
const saidMs = 2_000

/** Buttons that copy what they name: shown only where a script runs. */
export function copyByTap(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    button.hidden = false
    const words = button.textContent ?? ''
    button.addEventListener('click', () => {
      copied(button.dataset.copy ?? '')
      button.textContent = 'copied'
      setTimeout(() => {
        button.textContent = words
      }, saidMs)
    })
  }
}

/** Pages from a disk have no clipboard of their own in every browser: then the text is selected and copied as by hand. */
function copied(text: string): void {
  if (navigator.clipboard !== undefined) void navigator.clipboard.writeText(text).catch(() => copiedByHand(text))
  else copiedByHand(text)
}

function copiedByHand(text: string): void {
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

/** A link to what is folded away opens it; on paper all of it is open. */
export function openWhatIsLinked(): void {
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1))
    const target = id === '' ? null : document.getElementById(id)
    target?.closest('details')?.setAttribute('open', '')
    target?.scrollIntoView()
  }
  addEventListener('hashchange', open)
  open()
}
