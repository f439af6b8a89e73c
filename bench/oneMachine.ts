import { readConfig } from '../platform/config'
import { runMain } from '../platform/shutdown'
import { startOneMachine } from '../scripts/oneMachine'

/** The serving process of `npm start`, alone in its process. */
runMain(() => startOneMachine(readConfig()))
