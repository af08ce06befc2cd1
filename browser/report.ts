import type { ChartData } from '../lib/report/html/chart-data.ts'
import { drawCharts } from './charts/charts.ts'
import { copyByTap, openWhatIsLinked } from './page.ts'

const data = document.getElementById('chart-data')
if (data !== null) drawCharts(document.documentElement, JSON.parse(data.textContent ?? '') as ChartData)
copyByTap()
openWhatIsLinked()
